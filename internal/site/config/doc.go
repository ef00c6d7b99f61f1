// Package config reads custody.yaml, the site's one configuration file.
//
// Owns: the file's shape, its defaults (the table Keys, which is also the comments of a written
// file), and what must hold between its values. A Config that Load returned is complete: every
// path is absolute, every default is filled in, every value was checked.
//
// Trusts: the person who may write the file. It does not trust that the file is right: unknown keys, keys
// that the chosen driver ignores, and aliases are errors, and Load reports every problem at
// once, each with its line and its remedy.
//
// Invariants: the file never holds a secret, only paths of files that do; such a file must be a
// regular file that neither group nor others may touch. What was loaded is a value: nothing reads the
// file, the environment or a global again.
//
// Does not: create anything, open a database or a socket, or reload while running.
package config
