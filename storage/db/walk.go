package db

import (
	"context"
	"database/sql"
	"iter"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/viewing"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// What custody check walks over among people, beside AllStaff. Every iterator holds a bounded number of rows; an error ends it.

// AllRoleGrants yields every grant of a role, revoked ones included, ordered by id.
func (d *DB) AllRoleGrants(ctx context.Context) iter.Seq2[identity.RoleGrant, error] {
	return pages(ctx, d, "reading roles", func(ctx context.Context, last *identity.RoleGrant) ([]identity.RoleGrant, error) {
		var after custody.RoleGrantID
		if last != nil {
			after = last.ID
		}
		return collect(ctx, d.read, scanRoleGrant, selectRoleGrant+`WHERE id > $1 ORDER BY id LIMIT $2`, string(after), pageRows)
	})
}

// EveryRestriction yields every restriction, lifted ones included, ordered by id.
func (d *DB) EveryRestriction(ctx context.Context) iter.Seq2[access.Restriction, error] {
	return pages(ctx, d, "reading restrictions", func(ctx context.Context, last *access.Restriction) ([]access.Restriction, error) {
		var after custody.RestrictionID
		if last != nil {
			after = last.ID
		}
		return collect(ctx, d.read, scanRestriction, selectRestriction+`WHERE id > $1 ORDER BY id LIMIT $2`, string(after), pageRows)
	})
}

// AllViewings yields every viewing, ordered by id.
func (d *DB) AllViewings(ctx context.Context) iter.Seq2[viewing.Viewing, error] {
	return pages(ctx, d, "reading viewings", func(ctx context.Context, last *viewing.Viewing) ([]viewing.Viewing, error) {
		var after custody.ViewingID
		if last != nil {
			after = last.ID
		}
		return collect(ctx, d.read, scanViewing, selectViewing+`WHERE v.id > $1 ORDER BY v.id LIMIT $2`, string(after), pageRows)
	})
}

// AllLooks yields every lease of a camera-minute, ordered by viewing, camera, minute and kind.
func (d *DB) AllLooks(ctx context.Context) iter.Seq2[viewing.Look, error] {
	return pages(ctx, d, "reading looks", func(ctx context.Context, last *viewing.Look) ([]viewing.Look, error) {
		var l viewing.Look
		if last != nil {
			l = *last
		}
		return collect(ctx, d.read, scanLook, selectLook+`WHERE (l.viewing_id, l.camera_id, l.minute_at, l.kind) > ($1, $2, $3, $4)
			ORDER BY l.viewing_id, l.camera_id, l.minute_at, l.kind LIMIT $5`,
			string(l.Viewing), string(l.Camera), int64(l.Minute), l.Kind, pageRows)
	})
}

// LooksOf yields the leases of one viewing, ordered by camera, minute and kind.
func (d *DB) LooksOf(ctx context.Context, id custody.ViewingID) iter.Seq2[viewing.Look, error] {
	return pages(ctx, d, "reading looks", func(ctx context.Context, last *viewing.Look) ([]viewing.Look, error) {
		var l viewing.Look
		if last != nil {
			l = *last
		}
		return collect(ctx, d.read, scanLook, selectLook+`WHERE l.viewing_id = $1 AND (l.camera_id, l.minute_at, l.kind) > ($2, $3, $4)
			ORDER BY l.camera_id, l.minute_at, l.kind LIMIT $5`, string(id), string(l.Camera), int64(l.Minute), l.Kind, pageRows)
	})
}

// AllSecrets are the credentials of every member of staff.
func (d *DB) AllSecrets(ctx context.Context) (map[custody.StaffID]identity.Secrets, error) {
	type owned struct {
		staff custody.StaffID
		identity.Secrets
	}
	all, err := collect(ctx, d.read, func(rows *sql.Rows) (o owned, err error) {
		o.Secrets, err = scanSecrets(rows, &o.staff)
		return o, err
	}, `SELECT staff_id, `+secretColumns)
	out := make(map[custody.StaffID]identity.Secrets, len(all))
	for _, o := range all {
		out[o.staff] = o.Secrets
	}
	return out, fault(d.dialect, err, "reading credentials")
}

// AllPasskeys are everybody's.
func (d *DB) AllPasskeys(ctx context.Context) ([]identity.Passkey, error) {
	all, err := collect(ctx, d.read, scanPasskey, selectPasskey)
	return all, fault(d.dialect, err, "reading passkeys")
}

// StandingSessions are everybody's that were not ended; a member has identity.MaxSessions at most.
func (d *DB) StandingSessions(ctx context.Context) ([]identity.Session, error) {
	all, err := collect(ctx, d.read, scanSession, selectSession+`WHERE x.ended_at IS NULL`)
	return all, fault(d.dialect, err, "reading sessions")
}

// UnusedInvitations are those that were neither used nor replaced, expired ones included; a member has one at most.
func (d *DB) UnusedInvitations(ctx context.Context) ([]identity.Invitation, error) {
	all, err := collect(ctx, d.read, scanInvitation, selectInvitation+`WHERE used_at IS NULL`)
	return all, fault(d.dialect, err, "reading invitations")
}
