// Package render is the only room that runs ffmpeg: it makes a picture, or video that a browser plays, of recorded bytes, and the viewing
// rendition of what is released.
//
// Owns: the command lines, the sandbox and the bounds of every run; which pictures a viewing rendition holds, when they are shown, the text
// below them, and the boxes around them.
//
// Trusts: nothing about the bytes. They come from a camera, and a hostile one may have found a fault in the decoder. So each run has no
// network and no protocol but its own pipes, no file system but the programs it needs (read only), no environment, limits on
// memory, processor time, output and files, a low priority, and a time after which its whole process group is killed. It can fail, and
// that is all. Where the machine forbids bubblewrap's sandbox the limits stay and the walls are missing: Sandboxed tells.
//
// Invariants: input and output go through pipes, never through a file. Whoever calls waits for the process to be gone, also when ctx
// ends. What ffmpeg complains about stays in the error's private cause.
//
// A viewing rendition has one picture for each picture recorded in its window, no other, none twice. One run decodes a piece and says on a
// pipe of its own which presentation time each picture has; we match it with the caller's table, draw the time below it and hand it to
// another run, which sees nothing but raw pictures and encodes them one by one in that order. The count of access units that
// comes out must be the plan's. The file around them is written here: times from the table, no edit list, no metadata, no date. Another
// run reads the finished file back before anything of it is handed out. What was recorded and cannot be decoded becomes a slate
// that says so, and a gap one that stands as long as the gap: nothing is spliced over, nothing invented. The time stands in a strip below the
// picture, so that it hides nothing.
//
// Memory: two stills and one transcode at a time, each at most 1.5 GiB of address space in its own process; here the input that
// callers hold and at most 8 MiB (still) or 64 MiB (transcode) of output. At most 32 callers wait; the others are told to come back. One
// viewing rendition is made at a time, by two such processes; here it takes no more than a few rows of a picture, 50 bytes for each picture and
// what Media holds. Its encoded parts lie in files without a name in the caller's scratch directory: nothing of them can be left.
//
// Locks: none; a place in a queue is held while a run lasts.
//
// Does not: fetch footage, judge, keep anything, know what a camera is.
package render
