namespace Casemate.Images.Closure;

/// <summary>A program or library as a process has it loaded, in the order of loading.</summary>
/// <param name="Name">The name it was found by, such as <c>/lib/x86_64-linux-gnu/libc.so.6</c>: what <c>ld.so --list</c> prints.</param>
/// <param name="Path">Its path in the root, without links.</param>
/// <param name="RequestedAs">The name that asked for it: that of DT_NEEDED, or the program's path.</param>
/// <param name="LoadedFor">Path of the file that needed it first; null for the program and its loader.</param>
public sealed record LoadedLibrary(string Name, string Path, string RequestedAs, string? LoadedFor);
