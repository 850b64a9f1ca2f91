using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Casemate.Attestation;
using Casemate.Attestation.Snp;
using Microsoft.Win32.SafeHandles;

namespace Casemate.Quoting.Devices;

/// <summary>
/// Reports of an SEV-SNP guest from <c>/dev/sev-guest</c>, for kernels without configfs-tsm (5.19 to 6.6). With the certificates that the
/// host has stored, where it has.
/// </summary>
public sealed class SnpGuestDeviceProvider : IGuestEvidenceProvider
{
    /// <summary>Where the driver has its device.</summary>
    public const string DefaultPath = "/dev/sev-guest";

    private const uint StatusSuccess = 0;

    private readonly IDeviceControl _control;
    private readonly string _path;
    private readonly uint _vmpl;

    // The driver serves one request at a time; more of them would only hold threads.
    private readonly SemaphoreSlim _turn = new(1);

    private SnpGuestDeviceProvider(IDeviceControl control, string path, uint vmpl) => (_control, _path, _vmpl) = (control, path, vmpl);

    /// <inheritdoc/>
    public Tee Tee => Tee.Snp;

    /// <inheritdoc/>
    public string Name => "snp-guest";

    /// <summary>Looks whether the device is there and may be used.</summary>
    /// <param name="path">The device; null: <see cref="DefaultPath"/>.</param>
    /// <param name="vmpl">The VMPL that reports are to name, 0 to 3, not below the guest's own. 0 unless a paravisor runs below.</param>
    /// <param name="provider">The provider, or null.</param>
    /// <param name="problem">Why there is none and what would help, a clause; null after success.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="vmpl"/> is above 3.</exception>
    public static bool TryOpen(
        string? path, uint vmpl, [NotNullWhen(true)] out SnpGuestDeviceProvider? provider, [NotNullWhen(false)] out string? problem) =>
        TryOpen(DeviceControl.Instance, path, vmpl, out provider, out problem);

    internal static bool TryOpen(
        IDeviceControl control, string? path, uint vmpl, [NotNullWhen(true)] out SnpGuestDeviceProvider? provider,
        [NotNullWhen(false)] out string? problem)
    {
        const uint maximumVmpl = 3;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(vmpl, maximumVmpl);
        path ??= DefaultPath;
        var error = control.Open(path, out var device);
        device.Dispose();
        problem = GuestDeviceText.OpenProblem(path, error, "sev-guest", "an SEV-SNP guest");
        provider = problem is null ? new SnpGuestDeviceProvider(control, path, vmpl) : null;
        return provider is not null;
    }

    /// <inheritdoc/>
    public async ValueTask<GuestEvidence> GetAsync(ReadOnlyMemory<byte> reportData, CancellationToken cancellationToken)
    {
        GuestReportData.Require(reportData);
        var data = reportData.ToArray();
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);

        // The driver itself tries for up to a minute when the host is busy: not on a thread of the pool.
        var running = Task.Factory.StartNew(
            () => InTurn(data), CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach,
            TaskScheduler.Default);
        return await running.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private GuestEvidence InTurn(byte[] reportData)
    {
        try
        {
            return Get(reportData);
        }
        finally
        {
            _turn.Release();
        }
    }

    private GuestEvidence Get(byte[] reportData)
    {
        var error = _control.Open(_path, out var device);
        using (device)
        {
            if (GuestDeviceText.OpenProblem(_path, error, "sev-guest", "an SEV-SNP guest") is { } problem)
            {
                throw new EvidenceProviderException($"No report: {problem}.", isTransient: false);
            }

            var certificates = new byte[SnpGuestRequest.CertificatesSize];
            var response = new byte[SnpGuestRequest.ResponseSize];
            var (failure, exit) = Ask(device, reportData, certificates, response);
            if (failure != 0 && exit >> 32 == SnpGuestRequest.HostErrorInvalidLength)
            {
                // More certificates than the driver can take: a report without them is worth more than none.
                certificates = [];
                (failure, exit) = Ask(device, reportData, certificates, response);
            }

            if (failure != 0)
            {
                var busy = ErrorNumber.IsTransient(failure) || exit >> 32 == SnpGuestRequest.HostErrorBusy;
                var codes = $"{ErrorNumber.Text(failure)}, exitinfo2 0x{exit:X}";
                throw new EvidenceProviderException(
                    $"No report from {_path}: {SnpFirmwareError.Explain(failure, exit)} ({codes}).", busy);
            }

            return Read(response, certificates, reportData);
        }
    }

    private unsafe (int Error, ulong ExitInformation) Ask(
        SafeFileHandle device, ReadOnlySpan<byte> reportData, Span<byte> certificates, Span<byte> response)
    {
        Span<byte> envelope = stackalloc byte[SnpGuestRequest.EnvelopeSize];
        Span<byte> request = stackalloc byte[SnpGuestRequest.ExtendedRequestSize];
        SnpGuestRequest.WriteReportRequest(request, reportData, _vmpl);
        fixed (byte* requestAddress = request, responseAddress = response, certificatesAddress = certificates)
        {
            SnpGuestRequest.WriteEnvelope(envelope, (ulong)requestAddress, (ulong)responseAddress);
            if (!certificates.IsEmpty)
            {
                SnpGuestRequest.WriteCertificatesBuffer(request, (ulong)certificatesAddress, (uint)certificates.Length);
            }

            var number = certificates.IsEmpty ? SnpGuestRequest.GetReport : SnpGuestRequest.GetExtendedReport;
            return (_control.Control(device, number, envelope), SnpGuestRequest.ExitInformation(envelope));
        }
    }

    private GuestEvidence Read(ReadOnlySpan<byte> response, byte[] certificates, ReadOnlySpan<byte> reportData)
    {
        var status = BinaryPrimitives.ReadUInt32LittleEndian(response);
        if (status != StatusSuccess)
        {
            throw new EvidenceProviderException(
                $"No report from {_path}: the firmware refused with status 0x{status:X2}: {SnpFirmwareError.Firmware(status)}.",
                isTransient: false);
        }

        var size = BinaryPrimitives.ReadUInt32LittleEndian(response[4..]);
        if (size != SnpReport.Size)
        {
            throw new EvidenceProviderException(
                $"No report from {_path}: the firmware answered {size} bytes, a report has {SnpReport.Size}.", isTransient: false);
        }

        var report = response.Slice(SnpGuestRequest.ReportOffset, SnpReport.Size).ToArray();
        if (GuestReportData.Problem(Tee.Snp, report, reportData) is { } problem)
        {
            throw new EvidenceProviderException($"No report from {_path}: {problem}.", isTransient: true);
        }

        // A host that has no certificates leaves the buffer as it was.
        var table = certificates.AsSpan().ContainsAnyExcept((byte)0) ? certificates : [];
        return new GuestEvidence(Tee.Snp, report) { CertificateTable = table };
    }
}
