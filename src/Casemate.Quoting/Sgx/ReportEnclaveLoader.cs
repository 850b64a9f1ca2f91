using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Casemate.Attestation.Sgx;
using Casemate.Measurement.Enclave;
using Casemate.Quoting.Devices;
using Microsoft.Win32.SafeHandles;

namespace Casemate.Quoting.Sgx;

/// <summary>
/// Loads <see cref="ReportEnclave"/> by the kernel's driver, enters it once, and takes it down again. It is signed with a key that is made
/// for it and forgotten: the driver launches enclaves of any key, and nobody is asked to believe in this one.
/// </summary>
public sealed class ReportEnclaveLoader : ISgxReportSource
{
    /// <summary>Where the driver has its device.</summary>
    public const string DefaultPath = "/dev/sgx_enclave";

    /// <summary>What the message of every failure begins with, for who reads it in a log.</summary>
    public const string FailureText = "No report of an enclave";

    private const string OtherSpelling = "/dev/sgx/enclave";
    private const int Attempts = 64;

    // Of drivers that were never part of the kernel, and want things of their callers that the kernel's does not.
    private static readonly string[] s_foreignDevices = ["/dev/isgx", "/dev/sgx", "/dev/gsgx"];

    private readonly ISgxKernel _kernel;
    private readonly string _path;
    private readonly Func<RSA> _makeKey;
    private volatile byte[]? _signature;

    /// <summary>Makes a loader. Nothing is opened and nothing is computed before the first report.</summary>
    /// <param name="path">The device; the default has another spelling, which is tried as well.</param>
    public ReportEnclaveLoader(string path = DefaultPath)
        : this(SgxKernel.Instance, path, EnclaveSigningKey.GenerateEphemeral)
    {
    }

    internal ReportEnclaveLoader(ISgxKernel kernel, string path, Func<RSA> makeKey)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        (_kernel, _path, _makeKey) = (kernel, path, makeKey);
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Report(ReadOnlySpan<byte> targetInfo, ReadOnlySpan<byte> reportData)
    {
        var input = new byte[ReportEnclave.InputSize];
        if (targetInfo.Length != QuotingTarget.TargetInfoSize || reportData.Length != input.Length - QuotingTarget.TargetInfoSize)
        {
            throw new ArgumentException(
                $"Target info has {QuotingTarget.TargetInfoSize} bytes and report data 64, not {targetInfo.Length} and {reportData.Length}.");
        }

        targetInfo.CopyTo(input);
        reportData.CopyTo(input.AsSpan(QuotingTarget.TargetInfoSize));
        using var device = Open(out var path);
        if (!_kernel.TryFindEntry(out var entry, out var problem))
        {
            throw Failure(path, $"{problem}. Enclaves take Linux 5.11 or later, built with SGX; a driver from elsewhere does not change that");
        }

        var signed = Signature(path);                                      // before EPC is held: it takes a second

        // Twice the size holds one range that begins at a multiple of it. Enclaves must, and the driver is told their place before they have it.
        const nuint size = (nuint)ReportEnclave.Size;
        Require(path, "addresses cannot be reserved", _kernel.Reserve(2 * size, out var reserved));
        try
        {
            var address = (reserved + size - 1) & ~(size - 1);
            Load(path, device, address, signed);
            var report = Enter(path, entry, address, input);
            return Checked(path, report, reportData);
        }
        finally
        {
            _kernel.Release(reserved, 2 * size);
        }
    }

    /// <summary>The paths at which a device is looked for.</summary>
    internal static string[] Spellings(string path) => path == DefaultPath ? [DefaultPath, OtherSpelling] : [path];

    private SafeFileHandle Open(out string path)
    {
        var (error, spellings) = (ErrorNumber.NoEntry, Spellings(_path));
        path = _path;
        for (var i = 0; error == ErrorNumber.NoEntry && i < spellings.Length; i++)
        {
            path = spellings[i];
            error = _kernel.Open(path, out var device);
            if (error == 0)
            {
                return device;
            }

            device.Dispose();
        }

        if (error is ErrorNumber.NoEntry or ErrorNumber.NotADirectory)
        {
            path = _path;
            throw Failure(path, FindForeign() is { } foreign
                ? $"it does not exist, and {foreign} is of a driver from outside the kernel, which this program does not use: use the kernel's own "
                    + "(Linux 5.11 or later)"
                : "it does not exist: turn SGX on in the firmware (Linux 5.11 or later, flexible launch control), or give the container the device");
        }

        throw Failure(path, error switch
        {
            ErrorNumber.AccessDenied => "this user may not open it for reading and writing: give the user its group, often sgx; in a pod that is not "
                + "root's, let the runtime give devices to the pod's user (containerd and CRI-O: device_ownership_from_security_context)",
            ErrorNumber.NotPermitted => "it may not be opened: the container was not given this device, so let the pod ask for EPC",
            ErrorNumber.NoDevice or ErrorNumber.NoDeviceOrAddress => "it has no driver behind it: turn SGX on in the firmware",
            _ => $"it cannot be opened: {ErrorNumber.Text(error)}",
        });
    }

    private byte[] Signature(string path)
    {
        if (_signature is { } made)
        {
            return made;
        }

        try
        {
            using var key = _makeKey();
            return _signature = ReportEnclave.Sign(key);
        }
        catch (Exception exception) when (exception is CryptographicException or EnclaveException)
        {
            throw Failure(
                path, "no RSA key of exponent 3 can be made here to sign the enclave with, as where a policy of the system forbids them "
                    + $"({exception.Message.TrimEnd('.')})");
        }
    }

    private string? FindForeign()
    {
        foreach (var foreign in s_foreignDevices)
        {
            var error = _kernel.Open(foreign, out var device);
            device.Dispose();
            if (error is 0 or ErrorNumber.AccessDenied or ErrorNumber.NotPermitted)
            {
                return foreign;
            }
        }

        return null;
    }

    // Pages are added before they are mapped: their rights are the most that a mapping may have.
    private unsafe void Load(string path, SafeFileHandle device, nuint address, byte[] signed)
    {
        Span<byte> pointer = stackalloc byte[SgxRequest.PointerSize];
        var secs = new byte[SgxRequest.SecsSize];
        SgxRequest.WriteSecs(secs, ReportEnclave.Layout, address);
        fixed (byte* secsAddress = secs)
        {
            SgxRequest.WritePointer(pointer, (nuint)secsAddress);
            var error = _kernel.Control(device, SgxRequest.Create, pointer);
            Require(path, "the enclave cannot be created (ECREATE)", error);
        }

        foreach (var run in ReportEnclave.Layout.Runs)
        {
            Add(path, device, run);
        }

        fixed (byte* signature = signed)
        {
            SgxRequest.WritePointer(pointer, (nuint)signature);
            Require(path, "the enclave cannot be launched (EINIT)", ControlUninterrupted(device, SgxRequest.Initialise, pointer), isLaunch: true);
        }

        foreach (var run in ReportEnclave.Layout.Runs)
        {
            // The processor changes a TCS on behalf of whoever enters; no program can read it.
            var rights = run.Flags.HasFlag(SecInfoFlags.Tcs) ? SecInfoFlags.Read | SecInfoFlags.Write : run.Flags;
            var error = _kernel.Map(device, address + (nuint)run.Offset, (nuint)run.Content.Length, rights);
            Require(path, $"the enclave's {run.Name} cannot be mapped", error, isMapping: true);
        }
    }

    private unsafe void Add(string path, SafeFileHandle device, EnclavePageRun run)
    {
        Span<byte> argument = stackalloc byte[SgxRequest.AddPagesSize];
        var secInfo = stackalloc byte[SgxRequest.SecInfoSize];
        new Span<byte>(secInfo, SgxRequest.SecInfoSize).Clear();
        SgxRequest.WriteSecInfo(new Span<byte>(secInfo, SgxRequest.SecInfoSize), run.Flags);
        var length = (nuint)run.Content.Length;
        var source = (byte*)NativeMemory.AlignedAlloc(length, EnclaveMeasurement.PageSize);
        try
        {
            run.Content.Span.CopyTo(new Span<byte>(source, (int)length));
            var attempts = 0;
            for (nuint added = 0; added < length; added += (nuint)SgxRequest.ReadCount(argument))
            {
                SgxRequest.WriteAddPages(argument, (nuint)source + added, run.Offset + added, length - added, (nuint)secInfo);
                Require(path, $"the enclave's {run.Name} cannot be added (EADD)", ControlUninterrupted(device, SgxRequest.AddPages, argument));
                var count = SgxRequest.ReadCount(argument);
                if (count > length - added || ++attempts > Attempts)
                {
                    throw Failure(path, $"the driver says that it added {count} bytes of {length - added}: report it to its maker");
                }
            }
        }
        finally
        {
            NativeMemory.AlignedFree(source);
        }
    }

    private unsafe byte[] Enter(string path, nuint entry, nuint address, ReadOnlySpan<byte> input)
    {
        var report = new byte[QuoteRequest.ReportSize];
        Span<byte> run = stackalloc byte[EnclaveRun.Size];
        run.Clear();
        EnclaveRun.WriteThread(run, address + (nuint)ReportEnclave.TcsOffset);
        int result;
        fixed (byte* inputAddress = input, reportAddress = report)
        {
            result = _kernel.Enter(entry, (nuint)inputAddress, (nuint)reportAddress, run);
        }

        if (result != 0)
        {
            throw Failure(path, $"the enclave cannot be entered: {ErrorNumber.Text(-result)}");
        }

        if (EnclaveRun.Function(run) == EnclaveRun.Exit)
        {
            return report;
        }

        var (vector, code) = (EnclaveRun.Vector(run), EnclaveRun.ErrorCode(run));
        throw vector switch
        {
            6 => Failure(path, "ENCLU is an invalid opcode here (#UD): the processor, or the virtual machine, has no SGX"),
            13 => Failure(
                path, "the processor refuses to report (#GP): whoever quotes gave a target that it does not take. Look at the quote helper's log"),
            14 => Failure(
                path, $"the enclave's memory is gone (#PF, error code 0x{code:x}), as after suspend or migration of the machine: try again",
                isTransient: true),
            _ => Failure(path, $"the enclave was stopped by exception {vector}, error code 0x{code:x}: report it with the processor's model"),
        };
    }

    // What the hardware made is compared with what was loaded: a relying party would refuse it later, and with less to say.
    private static byte[] Checked(string path, byte[] report, ReadOnlySpan<byte> reportData) =>
        SgxReportBody.TryRead(report.AsSpan(0, SgxReportBody.Size), out var body) && body.MrEnclave.SequenceEqual(ReportEnclave.MrEnclave.Span)
            && body.ReportData.SequenceEqual(reportData)
            ? report : throw Failure(path, "the enclave made no report of itself over the report data: report it with the processor's model");

    // A signal that came too early. The driver has done nothing yet.
    private int ControlUninterrupted(SafeFileHandle device, uint request, Span<byte> argument)
    {
        for (var attempt = 1; ; attempt++)
        {
            var error = _kernel.Control(device, request, argument);
            if (error != ErrorNumber.Interrupted || attempt == Attempts)
            {
                return error;
            }
        }
    }

    private static void Require(string path, string step, int error, bool isLaunch = false, bool isMapping = false)
    {
        if (error == 0)
        {
            return;
        }

        var cause = error switch
        {
            ErrorNumber.NotATypewriter => "this is no device of the kernel's SGX driver",
            ErrorNumber.OutOfMemory => "no EPC, or no memory, is left: end other enclaves, or try again later",
            ErrorNumber.NotPermitted when isLaunch => "the processor refuses to launch it; without flexible launch control (sgx_lc in "
                + "/proc/cpuinfo) it launches enclaves of Intel's choice alone",
            ErrorNumber.AccessDenied when isLaunch => "the driver does not allow its attributes",
            ErrorNumber.NotPermitted when isMapping => "/dev is mounted noexec here: mount it with exec",
            ErrorNumber.AccessDenied when isMapping => "SELinux or another security module forbids to execute what is mapped from the device, or the "
                + "process has the personality READ_IMPLIES_EXEC",
            ErrorNumber.InputOutput => "the processor refuses, or enclaves' memory was lost, as after suspend of the machine: try again, and "
                + "look at the kernel's log",
            ErrorNumber.Invalid => "the driver refuses the request: the processor lacks what it asks for, or the driver is not the kernel's own",
            _ => "see the kernel's log",
        };
        throw Failure(
            path, $"{step}: {cause} ({ErrorNumber.Text(error)})",
            isTransient: error is ErrorNumber.OutOfMemory or ErrorNumber.InputOutput || ErrorNumber.IsTransient(error));
    }

    private static EvidenceProviderException Failure(string path, string problem, bool isTransient = false) =>
        new($"{FailureText}, {path}: {problem}.", isTransient);
}
