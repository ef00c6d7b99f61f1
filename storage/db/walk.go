package db

import (
	"context"
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
