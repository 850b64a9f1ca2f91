using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Casemate.Testing;

namespace Casemate.Quoting.Tests.Sgx;

/// <summary>
/// A process with memory at a fixed address whose registers and memory a test sets, and that runs until something stops it. The program is
/// written here: a header, a loop, and room. Everything happens on one thread, as ptrace(2) asks. Source: <c>ptrace(2)</c>; Linux,
/// <c>arch/x86/include/asm/user_64.h</c>.
/// </summary>
/// <remarks>
/// The process is none of the framework's: that waits for every child of its own, and would take the stops of this one for their ends.
/// </remarks>
internal sealed partial class TracedProcess : IDisposable
{
    /// <summary>Where the program lies; all of it can be read, written and executed.</summary>
    public const ulong Start = 0x40_0000;

    /// <summary>Bytes of its memory.</summary>
    public const int Size = 0x4_0000;

    private const int GetRegisters = 12, SetRegisters = 13, Continue = 7, Attach = 16;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly Lock _living = new();
    private readonly int _process;
    private readonly Timer _end;
    private FileStream? _memory;
    private bool _isGone;

    private TracedProcess(int process)
    {
        _process = process;
        // What should stop at an instruction may go round for ever: then it is ended, and the wait with it.
        _end = new Timer(_ => Kill(), null, s_patience, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Offsets in <c>struct user_regs_struct</c>, 27 numbers of 8 bytes.</summary>
    public enum Register
    {
        R15 = 0, R14 = 8, R13 = 16, R12 = 24, Rbp = 32, Rbx = 40, R11 = 48, R10 = 56, R9 = 64, R8 = 72, Rax = 80, Rcx = 88, Rdx = 96, Rsi = 104,
        Rdi = 112, OriginalRax = 120, Rip = 128, Flags = 144, Rsp = 152,
    }

    /// <summary>Does something with a stopped process on a thread of its own.</summary>
    /// <returns>Why it could not be traced; null when it was.</returns>
    public static string? Run(Action<TracedProcess> test)
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture is not Architecture.X64)
        {
            return "the code is of Linux on x86-64";
        }

        string? problem = null;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                using var directory = new TemporaryDirectory();
                using var process = Launch(directory.File("spin"));
                problem = process.TryAttach();
                if (problem is null)
                {
                    test(process);
                }
            }
            catch (Exception exception)
            {
                failure = exception;                                       // thrown again by who waits
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? problem : throw new InvalidOperationException(failure.Message, failure);
    }

    /// <summary>Runs until a signal stops it.</summary>
    /// <returns>The signal: 4 for SIGILL, 11 for SIGSEGV.</returns>
    public int RunUntilStopped()
    {
        Require(Trace(Continue, _process, 0, 0));
        return WaitForStop();
    }

    /// <summary>The registers, to be read and changed by <see cref="Get"/> and <see cref="Set"/>.</summary>
    public byte[] ReadRegisters()
    {
        var registers = new byte[27 * 8];
        Require(TraceRegisters(GetRegisters, _process, 0, registers));
        return registers;
    }

    /// <summary>Gives the process registers.</summary>
    public void WriteRegisters(byte[] registers)
    {
        // No system call is under way that would be begun again.
        Set(registers, Register.OriginalRax, ulong.MaxValue);
        Require(TraceRegisters(SetRegisters, _process, 0, registers));
    }

    public static ulong Get(byte[] registers, Register register) => BinaryPrimitives.ReadUInt64LittleEndian(registers.AsSpan((int)register));

    public static void Set(byte[] registers, Register register, ulong value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(registers.AsSpan((int)register), value);

    public byte[] Read(ulong address, int size)
    {
        var bytes = new byte[size];
        _memory!.Position = (long)address;
        _memory.ReadExactly(bytes);
        return bytes;
    }

    public void Write(ulong address, ReadOnlySpan<byte> bytes)
    {
        _memory!.Position = (long)address;
        _memory.Write(bytes);
    }

    public void Dispose()
    {
        _end.Dispose();
        _memory?.Dispose();
        Kill();
        lock (_living)
        {
            while (WaitFor(_process, out var status, 0) == _process && (status & 0xFF) == 0x7F)
            {
                // A stop that came before the end.
            }

            _isGone = true;                                                // from here on its number may be another's
        }
    }

    private static TracedProcess Launch(string path)
    {
        File.WriteAllBytes(path, Program());
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        // Another test may start a program at this moment, which has the file open for writing until it runs.
        const int textFileBusy = 26, attempts = 100_000;
        var (process, error) = (0, textFileBusy);
        for (var i = 0; error == textFileBusy && i < attempts; i++)
        {
            error = Spawn(out process, path, 0, 0, [path, null], [null]);
            Thread.Yield();
        }

        Assert.True(error == 0, $"the program cannot be started: error {error}");
        return new TracedProcess(process);
    }

    // Returns why it may not be traced; null when it is.
    private string? TryAttach()
    {
        if (Trace(Attach, _process, 0, 0) != 0)
        {
            return $"ptrace is not allowed here: error {Marshal.GetLastPInvokeError()}";
        }

        // The start of the program may not be over, and is a stop of its own (SIGTRAP) before that of attaching.
        const int sigStop = 19;
        while (WaitForStop() != sigStop)
        {
            Require(Trace(Continue, _process, 0, 0));
        }

        _memory = new FileStream($"/proc/{_process}/mem", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        return null;
    }

    private void Kill()
    {
        lock (_living)
        {
            const int sigKill = 9;
            _ = _isGone ? 0 : Signal(_process, sigKill);
        }
    }

    private int WaitForStop()
    {
        Assert.Equal(_process, WaitFor(_process, out var status, 0));
        Assert.True((status & 0xFF) == 0x7F, $"the process ended (status 0x{status:x}) in place of stopping");
        return (status >> 8) & 0xFF;
    }

    // ELF header, one program header (PT_LOAD, all rights), and a jump to itself. Layout: System V gABI.
    private static byte[] Program()
    {
        const int entry = 120;
        var file = new byte[entry + 2];
        ((ReadOnlySpan<byte>)[0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1]).CopyTo(file);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(16), 2);      // ET_EXEC
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(18), 62);     // EM_X86_64
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(20), 1);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(24), Start + entry);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(32), 64);     // program headers
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(52), 64);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(54), 56);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(56), 1);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(64), 1);      // PT_LOAD
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(68), 7);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(80), Start);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(88), Start);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(96), (ulong)file.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(104), Size);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(112), 0x1000);
        file[entry] = 0xEB;                                                // jmp here
        file[entry + 1] = 0xFE;
        return file;
    }

    private static void Require(nint result) => Assert.True(result == 0, $"ptrace failed: error {Marshal.GetLastPInvokeError()}");

    [LibraryImport("libc", EntryPoint = "ptrace", SetLastError = true)]
    private static partial nint Trace(nint request, int process, nint address, nint data);

    [LibraryImport("libc", EntryPoint = "ptrace", SetLastError = true)]
    private static partial nint TraceRegisters(nint request, int process, nint address, byte[] data);

    [LibraryImport("libc", EntryPoint = "posix_spawn", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Spawn(out int process, string path, nint actions, nint attributes, string?[] arguments, string?[] environment);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int process, int signal);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    private static partial int WaitFor(int process, out int status, int options);
}
