// Package bench measures what the house promises: how much a recorded camera costs, what is lost when
// something stalls or dies, and how fast it is there again.
//
// Owns: the method. Cameras are a farm in a process of its own, so that its cost is not the recorder's. The
// recorder is the real program in a process of its own, set up by its own commands, except where a fault is put
// under it (a stalled disk, a slow fsync): then it is the same wiring inside this process. The control is one
// ffmpeg -c copy for each camera of the same farm, in the same run.
//
// Looking is measured as people look: the real server in a process of its own, a real session, grants, leases and events on SQLite, over
// loopback TCP, and the client on the same cores. Its controls are net/http on files of the same bytes, the camera itself, ffmpeg on a
// file, and a file that is appended to and fsynced. A long history is rows of segments that nobody recorded (storage/db/dbfill), with real
// footage at its end.
//
// Releasing is measured inside this process, at the desks as the program wires them: a packer is watched through its own ports, so that each
// stage has its time and its CPU. Decisions are entered as they stand in the database. What the renderer costs is apart. Where the machine is not quiet, CPU
// seconds a GB say more than MB/s. Objects of a history that nobody recorded are answered for, after the disk was asked.
//
// Trusts: the kernel's account of CPU and memory (/proc), the farm's count of what it handed to the network,
// the database for what is stored. It does not ask the recorder how it is doing where it can look, except for the
// depth of its queues.
//
// Invariants: a window counts frames exactly. The farm is frozen before the recorder stops, so that what was sent has
// been read, and every frame sent is stored or lost. What else ran on the machine meanwhile is measured
// and printed beside each figure. Everything made on disk is removed.
//
// Goroutines: a sampler a stall, the writers of a rate, the clients of a read, the viewers of a crowd; all are awaited.
//
// Does not: pass or fail. It prints targets beside what was measured.
package bench
