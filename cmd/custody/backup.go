package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/site/config"
	"github.com/footage-custody/custody/internal/trust/backup"
	"github.com/footage-custody/custody/internal/trust/keys"
)

type backupCommand struct {
	To     string `help:"Write it into this directory, and remove no older ones there; otherwise into backup.dir." type:"path" xor:"act"`
	List   bool   `help:"List the backups in backup.dir instead." xor:"act"`
	Verify string `help:"Read this backup file to its last byte instead, and say whether it is whole." type:"path" placeholder:"FILE" xor:"act"`
}

// Run makes a backup beside a running recorder, or looks at those there are.
func (c *backupCommand) Run(ctx context.Context, cli *commands, term terminal) error {
	if c.Verify != "" {
		return c.verify(ctx, cli, term)
	}
	b, err := openBooks(ctx, cli.Config, term.err)
	if err != nil {
		return err
	}
	defer b.close()
	dir, keep := b.config.Backup.Dir, b.config.Backup.Keep
	if c.To != "" {
		dir, keep = c.To, 0
	}
	shelf, err := b.shelf(dir, keep)
	if err != nil {
		return err
	}
	if c.List {
		all, err := shelf.List()
		if err != nil {
			return err
		}
		return writeBackups(term.out, all, b.config.Site.Location())
	}
	made, err := shelf.Make(ctx, "operator")
	if err != nil {
		return err
	}
	fmt.Fprintf(term.out, "%s: %d bytes, the log has %d entries\n", made.Path, made.Size, made.Header.Size)
	for _, name := range made.Removed {
		fmt.Fprintf(term.out, "%s was removed: there are %d newer ones\n", name, keep)
	}
	return made.Unremoved
}

// verify needs the site key and no database.
func (c *backupCommand) verify(ctx context.Context, cli *commands, term terminal) error {
	conf, err := config.Load(cli.Config)
	if err != nil {
		return err
	}
	key, err := backupKey(conf)
	if err != nil {
		return err
	}
	v, err := backup.Verify(ctx, c.Verify, key)
	if err != nil {
		return err
	}
	fmt.Fprintf(term.out, "%s is whole: site %s, made %s, the log has %d entries, SHA-256 %x\n", c.Verify, v.Header.Site,
		v.Header.Created.Time().In(conf.Site.Location()).Format("2006-01-02 15:04:05 MST"), v.Header.Size, v.SHA256)
	return nil
}

func writeBackups(w io.Writer, all []backup.Entry, zone *time.Location) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "NAME\tMADE\tBYTES\tLOG\tSTATE")
	for _, e := range all {
		made, size, state := "-", "-", "good"
		if e.Header.Created != 0 {
			made, size = e.Header.Created.Time().In(zone).Format("2006-01-02 15:04:05 MST"), fmt.Sprint(e.Header.Size)
		}
		if e.Trouble != nil {
			state = custody.PublicText(e.Trouble)
		}
		fmt.Fprintf(t, "%s\t%s\t%d\t%s\t%s\n", e.Name, made, e.Size, size, state)
	}
	if len(all) == 0 {
		fmt.Fprintln(t, "there is no backup")
	}
	return t.Flush()
}

// backupKey reads the site key and derives what encrypts its backups.
func backupKey(c config.Config) (keys.Key, error) {
	site, err := keys.LoadSiteKey(c.Keys.SiteKeyFile)
	if err != nil {
		return keys.Key{}, err
	}
	defer site.Wipe()
	return site.BackupKey()
}

// shelf is a directory of this site's backups.
func (b *books) shelf(dir string, keep int) (*backup.Shelf, error) {
	return backup.NewShelf(backup.Options{Dir: dir, Site: b.config.Site.Origin, Keep: keep, Source: b.db, Clock: b.clock,
		Key: func() (keys.Key, error) { return backupKey(b.config) }})
}

// nightly makes the backups of a running site.
func (s *server) nightly() (*backup.Nightly, error) {
	shelf, err := s.shelf(s.config.Backup.Dir, s.config.Backup.Keep)
	if err != nil {
		return nil, err
	}
	zone := s.config.Site.Location()
	next := func(t time.Time) time.Time { return s.config.Backup.At.Next(t, zone) }
	return backup.NewNightly(shelf, next, backupBell{s.bell}, s.log), nil
}

type backupBell struct{ *bell }

func (b backupBell) Raise(k backup.Alarm, subject, sentence string) {
	b.raise(string(k), subject, sentence)
}
func (b backupBell) Clear(k backup.Alarm, subject string) { b.clear(string(k), subject) }

// restoreMarker stands while a restore is unfinished.
func restoreMarker(c config.Config) backup.Marker {
	return backup.Marker(filepath.Join(c.DataDir, "restore.unfinished"))
}
