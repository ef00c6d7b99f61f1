package main

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/site/config"
	"github.com/footage-custody/custody/storage/db/dbtest/cluster"
	"github.com/footage-custody/custody/storage/object/objecttest/gateway"
)

// servers starts what the demonstration stands on and points the configuration at it. Their addresses
// change with every start, their data stays.
func (d *demo) servers(ctx context.Context, conf *config.Config) (err error) {
	secrets := filepath.Join(d.c.Dir, "secrets")
	if err := os.MkdirAll(secrets, 0o700); err != nil {
		return custody.Wrap(custody.Invalid, err, "--dir: %s cannot be made", secrets)
	}
	if d.c.Postgres {
		d.say("starting PostgreSQL")
		if err := d.startPostgres(ctx, conf, secrets); err != nil {
			return err
		}
	}
	if d.c.S3 {
		d.say("starting an S3 server")
		return d.startGateway(ctx, conf, filepath.Join(secrets, "s3-key"))
	}
	return nil
}

func (d *demo) startPostgres(ctx context.Context, conf *config.Config, secrets string) (err error) {
	if d.postgres, err = cluster.Start(ctx, cluster.Options{Dir: filepath.Join(d.c.Dir, "postgres"), Fsync: true}); err != nil {
		return err
	}
	nameFile, dsnFile := filepath.Join(secrets, "postgres-database"), filepath.Join(secrets, "postgres-dsn")
	name, err := os.ReadFile(nameFile)
	if errors.Is(err, os.ErrNotExist) {
		name, err = d.newDatabase(ctx, nameFile)
	}
	if err != nil {
		return err
	}
	if err := os.Remove(dsnFile); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	conf.Database = config.Database{Driver: config.Postgres, DSNFile: dsnFile}
	return writeNew(dsnFile, []byte(d.postgres.DSN(string(name))+"\n"))
}

func (d *demo) newDatabase(ctx context.Context, nameFile string) ([]byte, error) {
	created, err := d.postgres.NewDatabase(ctx)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(created.DSN)
	if err != nil {
		return nil, err
	}
	name := []byte(strings.TrimPrefix(u.Path, "/"))
	return name, writeNew(nameFile, name)
}

func (d *demo) startGateway(ctx context.Context, conf *config.Config, keyFile string) (err error) {
	o := gateway.Options{Dir: filepath.Join(d.c.Dir, "s3")}
	if id, secret, err := config.ReadKeyPair(keyFile); err == nil {
		o.AccessKey, o.SecretKey = id, secret
	}
	if d.gateway, err = gateway.Start(ctx, o); err != nil {
		return err
	}
	if o.AccessKey == "" {
		if err := writeNew(keyFile, []byte(d.gateway.AccessKey+"\n"+d.gateway.SecretKey+"\n")); err != nil {
			return err
		}
	}
	conf.Objects = config.Objects{Driver: config.S3, Endpoint: d.gateway.Endpoint, Bucket: "custody", Region: d.gateway.Region,
		PutKeyFile: keyFile, PathStyle: true}
	return nil
}
