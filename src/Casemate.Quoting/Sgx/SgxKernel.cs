using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Casemate.Measurement.Enclave;
using Casemate.Quoting.Devices;
using Microsoft.Win32.SafeHandles;

namespace Casemate.Quoting.Sgx;

/// <summary>The running kernel.</summary>
internal sealed unsafe partial class SgxKernel : ISgxKernel
{
    // Source: Linux, include/uapi/asm-generic/mman-common.h and include/uapi/linux/mman.h.
    private const int ProtectNone = 0, ProtectRead = 1, ProtectWrite = 2, ProtectExecute = 4;
    private const int MapShared = 0x01, MapPrivate = 0x02, MapFixed = 0x10, MapAnonymous = 0x20, MapNoReserve = 0x4000;

    public static SgxKernel Instance { get; } = new();

    /// <inheritdoc/>
    public int Open(string path, out SafeFileHandle device) => DeviceControl.Instance.Open(path, out device);

    /// <inheritdoc/>
    public int Control(SafeFileHandle device, uint request, Span<byte> argument) => DeviceControl.Instance.Control(device, request, argument);

    /// <inheritdoc/>
    public bool TryFindEntry(out nuint function, [NotNullWhen(false)] out string? problem) =>
        TryFind(VirtualDso.EnterEnclave, out function, out problem);

    /// <inheritdoc/>
    public int Reserve(nuint length, out nuint address) =>
        ErrorOf(MapAnywhere(0, length, ProtectNone, MapPrivate | MapAnonymous | MapNoReserve, -1, 0), out address);

    /// <inheritdoc/>
    public int Map(SafeFileHandle device, nuint address, nuint length, SecInfoFlags rights)
    {
        var protection = (rights.HasFlag(SecInfoFlags.Read) ? ProtectRead : 0) | (rights.HasFlag(SecInfoFlags.Write) ? ProtectWrite : 0)
            | (rights.HasFlag(SecInfoFlags.Execute) ? ProtectExecute : 0);
        return ErrorOf(MapDevice(address, length, protection, MapShared | MapFixed, device, 0), out _);
    }

    /// <inheritdoc/>
    public void Release(nuint address, nuint length)
    {
        // It fails for addresses that are no page's, which these are.
        if (Unmap(address, length) != 0)
        {
            throw new InvalidOperationException($"Addresses of an enclave cannot be given back: {ErrorNumber.Text(Marshal.GetLastPInvokeError())}.");
        }
    }

    /// <inheritdoc/>
    public int Enter(nuint function, nuint rdi, nuint rsi, Span<byte> run)
    {
        fixed (byte* address = run)
        {
            // vdso_sgx_enter_enclave_t: rdi, rsi, rdx, function, r8, r9, run.
            return ((delegate* unmanaged<nuint, nuint, nuint, uint, nuint, nuint, byte*, int>)function)(
                rdi, rsi, 0, EnclaveRun.Enter, 0, 0, address);
        }
    }

    /// <summary>Finds a function of the vDSO.</summary>
    internal static bool TryFind(string name, out nuint function, [NotNullWhen(false)] out string? problem)
    {
        function = 0;
        nuint start;
        int size;
        try
        {
            if (!VirtualDso.TryLocate(File.ReadLines("/proc/self/maps"), out start, out size))
            {
                problem = "the kernel maps no vDSO into this process";
                return false;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problem = $"the kernel's vDSO cannot be found: {exception.Message.TrimEnd('.')}";
            return false;
        }

        if (!VirtualDso.TryFind(new ReadOnlySpan<byte>((void*)start, size).ToArray(), name, out var offset, out problem))
        {
            return false;
        }

        function = start + (nuint)offset;
        return true;
    }

    private static int ErrorOf(nint result, out nuint address)
    {
        address = (nuint)result;
        return result == -1 ? Marshal.GetLastPInvokeError() : 0;           // MAP_FAILED
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint MapAnywhere(nuint address, nuint length, int protection, int flags, int descriptor, nint offset);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint MapDevice(nuint address, nuint length, int protection, int flags, SafeFileHandle device, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Unmap(nuint address, nuint length);
}
