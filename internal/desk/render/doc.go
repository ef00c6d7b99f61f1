// Package render is the only room that runs ffmpeg: it makes a picture, or video that a browser plays, of recorded bytes.
//
// Owns: the command lines, the sandbox and the bounds of every run.
//
// Trusts: nothing about the bytes. They come from a camera, and a hostile one may have found a fault in the decoder. So each run has no
// network and no protocol but its own pipes, no file system but the programs it needs (read only), no environment, limits on
// memory, processor time, output and files, a low priority, and a time after which its whole process group is killed. It can fail, and
// that is all. Where the machine forbids bubblewrap's sandbox the limits stay and the walls are missing: Sandboxed tells.
//
// Invariants: input and output go through pipes, never through a file. Whoever calls waits for the process to be gone, also when ctx
// ends. What ffmpeg complains about stays in the error's private cause.
//
// Memory: two stills and one transcode at a time, each at most 1.5 GiB of address space in its own process; here the input that
// callers hold and at most 8 MiB (still) or 64 MiB (transcode) of output. At most 32 callers wait; the others are told to come back.
//
// Does not: fetch footage, judge, keep anything, know what a camera is.
package render
