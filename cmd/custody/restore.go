package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/proof/seal"
	"github.com/footage-custody/custody/internal/site/config"
	"github.com/footage-custody/custody/internal/trust/audit"
	"github.com/footage-custody/custody/internal/trust/backup"
	"github.com/footage-custody/custody/internal/trust/keys"
	"github.com/footage-custody/custody/internal/trust/vault"
	"github.com/footage-custody/custody/storage/db"
)

type restoreCommand struct {
	File    string `arg:"" help:"The backup file." type:"path"`
	Sheet   string `help:"File with the text of the recovery sheet, if the site key file is lost; - reads it from standard input." placeholder:"FILE"`
	Name    string `help:"The site's name, if the configuration is lost."`
	Zone    string `help:"The site's time zone, likewise."`
	DataDir string `help:"Where the site keeps its data, likewise." default:"/var/lib/custody" type:"path"`
}

// Run makes a site of a backup, on a machine whose database is empty. Interrupted, it is run again with the same file.
func (c *restoreCommand) Run(ctx context.Context, cli *commands, term terminal) error {
	conf, fresh, err := c.configuration(cli.Config)
	if err != nil {
		return err
	}
	site, err := c.siteKey(conf, term.in)
	if err != nil {
		return err
	}
	defer site.Wipe()
	key, err := site.BackupKey()
	if err != nil {
		return err
	}
	if _, err := backup.Glance(c.File, key); err != nil {
		return err
	}
	if fresh {
		if err := writeConfig(cli.Config, conf); err != nil {
			return err
		}
	}
	if err := c.furnish(conf, site); err != nil {
		return err
	}
	b, err := c.open(ctx, conf, term)
	if err != nil {
		return err
	}
	defer b.db.Close()
	return b.restore(ctx, c.File, key, term)
}

// configuration is the site's, or one made of the flags and the backup's own words.
func (c *restoreCommand) configuration(path string) (conf config.Config, fresh bool, err error) {
	if _, err := os.Lstat(path); err == nil {
		conf, err := config.Load(path)
		return conf, false, err
	}
	if c.Name == "" || c.Zone == "" {
		return conf, false, custody.Errorf(custody.Invalid, "--name and --zone: there is no configuration %s, so say whose site this is; or give the lost site's configuration with --config", path)
	}
	h, err := backup.ReadHeader(c.File)
	if err != nil {
		return conf, false, err
	}
	conf = config.Default(c.DataDir)
	conf.Site = config.Site{Name: c.Name, Zone: c.Zone, Origin: h.Site}
	return conf, true, nil
}

// siteKey is the key in the site's key file, or the one on the recovery sheet.
func (c *restoreCommand) siteKey(conf config.Config, in io.Reader) (*keys.SiteKey, error) {
	stored, err := keys.LoadSiteKey(conf.Keys.SiteKeyFile)
	if c.Sheet == "" {
		if err != nil && custody.KindOf(err) == custody.NotFound {
			return nil, custody.Wrap(custody.NotFound, err, "--sheet: there is no site key file %s; type the recovery sheet into a file, or give it on standard input with --sheet -", conf.Keys.SiteKeyFile)
		}
		return stored, err
	}
	if err != nil && custody.KindOf(err) != custody.NotFound {
		return nil, err
	}
	text, terr := readSheet(c.Sheet, in)
	if terr != nil {
		return nil, terr
	}
	typed, terr := keys.ParseRecoverySheet(text)
	if terr != nil || err != nil {
		return typed, terr
	}
	defer typed.Wipe()
	if !sameKey(stored, typed) {
		return nil, custody.Errorf(custody.Invalid, "--sheet: the recovery sheet is not that of the site key file %s, which is there already: leave out one of them", conf.Keys.SiteKeyFile)
	}
	return stored, nil
}

func readSheet(path string, in io.Reader) (string, error) {
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return "", custody.Wrap(custody.Invalid, err, "--sheet: %s cannot be read", path)
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, 128<<10))
	return string(text), custody.Wrap(custody.Invalid, err, "--sheet: the recovery sheet cannot be read")
}

func sameKey(a, b *keys.SiteKey) bool {
	x, xerr := a.BackupKey()
	y, yerr := b.BackupKey()
	return xerr == nil && yerr == nil && x.Bytes() == y.Bytes()
}

// furnish makes the directories that a new machine lacks, and the site key file. A place for copies of checkpoints that lies
// elsewhere must be there: if its disk is not mounted, the newest checkpoint would be overlooked.
func (c *restoreCommand) furnish(conf config.Config, site *keys.SiteKey) error {
	dirs := []string{conf.DataDir, conf.Spool.Dir, filepath.Dir(conf.Keys.SiteKeyFile)}
	if conf.Database.Driver == config.SQLite {
		dirs = append(dirs, filepath.Dir(conf.Database.Path))
	}
	for _, dir := range append([]string{conf.Backup.Dir}, conf.Checkpoints.CopyTo...) {
		if liesWithin(conf.DataDir, dir) {
			dirs = append(dirs, dir)
		}
	}
	for _, dir := range dirs {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return custody.Wrap(custody.Invalid, err, "the directory %s cannot be made", dir)
		}
	}
	for _, dir := range conf.Checkpoints.CopyTo {
		if _, err := os.Stat(dir); err != nil {
			return custody.Wrap(custody.Unavailable, err, "checkpoints.copy_to: the directory %s is not there: mount its disk, or make it if its copies are lost", dir)
		}
	}
	if _, err := os.Lstat(conf.Keys.SiteKeyFile); errors.Is(err, fs.ErrNotExist) {
		return site.WriteFile(conf.Keys.SiteKeyFile)
	}
	return nil
}

func liesWithin(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// open opens what there is of the books before the database is filled.
func (c *restoreCommand) open(ctx context.Context, conf config.Config, term terminal) (*books, error) {
	clock, err := newClock(conf, seams{}, nil)
	if err != nil {
		return nil, err
	}
	d, err := openDatabase(ctx, conf, seams{})
	if err != nil {
		return nil, err
	}
	return &books{config: conf, log: newLogger(conf.Log, term.err), clock: clock, db: d, diary: audit.NewLog(d)}, nil
}

// restore runs the steps and tells what came of them.
func (b *books) restore(ctx context.Context, file string, key keys.Key, term terminal) error {
	say := func(format string, args ...any) { fmt.Fprintf(term.out, format+"\n", args...) }
	r := backup.Restore{File: file, Key: key, Site: b.config.Site.Origin, Marker: restoreMarker(b.config), Target: b.db, Clock: b.clock, Say: say,
		Unlock: func(ctx context.Context) (seal.Verifiers, error) {
			if err := b.unlock(ctx); err != nil {
				return nil, err
			}
			return seal.KnownKeys(b.ring.LogKeys()...), nil
		},
		Mend: b.mend}
	for _, s := range checkpointSinks(b.config) {
		r.Sinks = append(r.Sinks, s)
	}
	out, err := r.Run(ctx)
	if b.ring != nil {
		defer b.ring.Close()
	}
	if err != nil {
		return err
	}
	if out.Before {
		say("this backup was restored before; comparing the object store once more")
	}
	if out.Lost > 0 {
		say("at least %d entries of the log are lost: they were signed for after the backup", out.Lost)
	}
	found, err := b.compare(ctx)
	if err != nil {
		return custody.Wrap(custody.KindOf(err), err, "the site is restored, but it could not be compared with the object store; run the same command again when it is there: %s", custody.PublicText(err))
	}
	sayFound(say, found, out.Verified.Header.Created)
	return nil
}

func sayFound(say func(string, ...any), c backup.Comparison, made custody.Instant) {
	say("the object store holds %d objects, the index %d segments", c.Objects, c.Segments)
	if c.Spooled > 0 {
		say("%d of the objects belong to segments that are still in the spool: custody serve settles them", c.Spooled)
	}
	if c.Unknown > 0 {
		say("%d objects (%d bytes) are unknown to the restored index and set apart, not deleted: what was recorded after %s is unreadable, because its keys are lost",
			c.Unknown, c.UnknownBytes, made)
	}
	if c.Missing > 0 {
		say("%d segments have no object, or one of another size, between %s and %s: %v; custody check names them all", c.Missing, c.Span.Start, c.Span.End, c.Named)
	}
	say("the site is restored. Next: custody check, then custody serve.")
}

// mend declares what the restored rows cannot know: a gap that was open when the backup was made may have ended since. From
// the backup on nothing is known of the stream, whatever kept it from recording before. Streams without an open gap need
// nothing: when the recorder next starts, it declares a gap from the end of their record on.
func (b *books) mend(ctx context.Context, made custody.Instant) error {
	cams, err := b.db.Cameras(ctx)
	if err != nil {
		return err
	}
	for _, cam := range cams {
		for _, st := range cam.Streams {
			tail, err := b.db.Tail(ctx, st.ID)
			if err != nil {
				return err
			}
			open := tail.OpenGap
			if open == nil || open.Cause == media.GapCrash || cam.Removed != 0 {
				continue
			}
			if err := b.setGap(ctx, open, media.GapCrash, max(made, open.Span.Start), "the database was restored from a backup; what came after it is lost"); err != nil {
				return err
			}
			if open.Cause != media.GapDisabled {
				continue
			}
			if err := b.setGap(ctx, open, media.GapDisabled, b.clock.Now(), "the camera is switched off in the restored database"); err != nil {
				return err
			}
		}
	}
	return nil
}

// setGap opens a gap of another cause on the stream of an open one.
func (b *books) setGap(ctx context.Context, open *media.Gap, cause media.GapCause, at custody.Instant, detail string) error {
	g := media.Gap{ID: custody.NewGapID(), Camera: open.Camera, Stream: open.Stream, Span: custody.Span{Start: at}, Cause: cause, Detail: detail}
	ev, err := custody.NewEvent(custody.EventGapOpened, b.clock.Now(), "operator", g.Camera, string(g.ID), map[string]string{
		"gap": string(g.ID), "stream": string(g.Stream), "start": at.String(), "cause": string(cause), "detail": detail})
	if err != nil {
		return err
	}
	return b.db.SetGap(ctx, g, ev)
}

// compare holds the restored index against the object store.
func (b *books) compare(ctx context.Context) (backup.Comparison, error) {
	v, objects, err := b.openVault(ctx, false)
	if err != nil {
		return backup.Comparison{}, err
	}
	defer v.Close()
	return backup.Compare(ctx, backup.Stock{
		Segments: func(ctx context.Context) iter.Seq2[backup.Segment, error] {
			return translated(b.db.AllSegments(ctx), func(r media.SegmentRow) backup.Segment {
				return backup.Segment{ID: r.ID, Size: r.ObjectSize, Span: r.Span, Erased: r.WrappedKey == nil}
			})
		},
		Objects: func(ctx context.Context) iter.Seq2[backup.Object, error] {
			return translated(objects.List(ctx), asObject)
		},
		Spooled: v.SpoolSegments,
		Known: func(ctx context.Context, id custody.SegmentID) (bool, error) {
			_, err := b.db.Segment(ctx, id)
			if err != nil && custody.KindOf(err) == custody.NotFound {
				return false, nil
			}
			return err == nil, err
		},
		Quarantine: b.quarantine,
	})
}

func (b *books) quarantine(ctx context.Context, key string) error {
	const reason = "unknown to the index after a restore; if it was recorded after the backup, its key is lost"
	ev, err := custody.NewEvent(custody.EventObjectQuarantined, b.clock.Now(), "operator", "", key, map[string]string{"object": key, "reason": reason})
	if err != nil {
		return err
	}
	return b.db.Quarantine(ctx, db.Quarantined{Key: key, Seen: b.clock.Now(), Reason: reason}, ev)
}

func asObject(s vault.Stat) backup.Object { return backup.Object{Key: s.Key, Size: s.Size} }
