using System.Diagnostics.CodeAnalysis;
using Casemate.Attestation;

namespace Casemate.Quoting.Devices;

/// <summary>
/// Quotes of a TD from <c>/dev/tdx_guest</c> and a quote generation service, for kernels without configfs-tsm (6.2 to 6.6). The device
/// gives a report that only this machine can check; the service on the host makes a quote of it.
/// Source: Linux, <c>include/uapi/linux/tdx-guest.h</c>.
/// </summary>
public sealed class TdxGuestDeviceProvider : IGuestEvidenceProvider
{
    /// <summary>Where the driver has its device.</summary>
    public const string DefaultPath = "/dev/tdx_guest";

    /// <summary>Bytes of a TDREPORT.</summary>
    public const int TdReportSize = 1024;

    /// <summary><c>TDX_CMD_GET_REPORT0</c>: _IOWR('T', 1, struct tdx_report_req).</summary>
    internal const uint GetReport = 0xC440_5401;

    private readonly IDeviceControl _control;
    private readonly string _path;
    private readonly ITdQuoteSource _quotes;

    private TdxGuestDeviceProvider(IDeviceControl control, string path, ITdQuoteSource quotes) =>
        (_control, _path, _quotes) = (control, path, quotes);

    /// <inheritdoc/>
    public Tee Tee => Tee.Tdx;

    /// <inheritdoc/>
    public string Name => "tdx-guest";

    /// <summary>Looks whether the device is there and may be used.</summary>
    /// <param name="path">The device; null: <see cref="DefaultPath"/>.</param>
    /// <param name="quotes">Who makes quotes of reports.</param>
    /// <param name="provider">The provider, or null.</param>
    /// <param name="problem">Why there is none and what would help, a clause; null after success.</param>
    public static bool TryOpen(
        string? path, ITdQuoteSource quotes, [NotNullWhen(true)] out TdxGuestDeviceProvider? provider,
        [NotNullWhen(false)] out string? problem) =>
        TryOpen(DeviceControl.Instance, path, quotes, out provider, out problem);

    internal static bool TryOpen(
        IDeviceControl control, string? path, ITdQuoteSource quotes, [NotNullWhen(true)] out TdxGuestDeviceProvider? provider,
        [NotNullWhen(false)] out string? problem)
    {
        ArgumentNullException.ThrowIfNull(quotes);
        path ??= DefaultPath;
        var error = control.Open(path, out var device);
        device.Dispose();
        problem = GuestDeviceText.OpenProblem(path, error, "tdx-guest", "a TD");
        provider = problem is null ? new TdxGuestDeviceProvider(control, path, quotes) : null;
        return provider is not null;
    }

    /// <summary>Makes a TDREPORT, which a quoting enclave of this machine can turn into a quote.</summary>
    /// <param name="reportData">Exactly 64 bytes.</param>
    /// <returns>1024 bytes.</returns>
    /// <exception cref="EvidenceProviderException">The driver or the TDX module refused.</exception>
    public ReadOnlyMemory<byte> TdReport(ReadOnlyMemory<byte> reportData)
    {
        GuestReportData.Require(reportData);
        var error = _control.Open(_path, out var device);
        using (device)
        {
            if (GuestDeviceText.OpenProblem(_path, error, "tdx-guest", "a TD") is { } problem)
            {
                throw new EvidenceProviderException($"No report: {problem}.", isTransient: false);
            }

            var request = new byte[GuestReportData.Size + TdReportSize];
            reportData.CopyTo(request);
            error = _control.Control(device, GetReport, request);
            return error == 0
                ? request.AsMemory(GuestReportData.Size)
                : throw new EvidenceProviderException(
                    $"No report from {_path}: {Explain(error)} ({ErrorNumber.Text(error)}).", ErrorNumber.IsTransient(error));
        }
    }

    /// <inheritdoc/>
    public async ValueTask<GuestEvidence> GetAsync(ReadOnlyMemory<byte> reportData, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var data = reportData.ToArray();
        var quote = await _quotes.QuoteAsync(TdReport(data), cancellationToken).ConfigureAwait(false);
        return GuestReportData.Problem(Tee.Tdx, quote.Span, data) is { } problem
            ? throw new EvidenceProviderException($"No usable quote from {_quotes.Name}: {problem}.", isTransient: true)
            : new GuestEvidence(Tee.Tdx, quote);
    }

    private static string Explain(int error) => error switch
    {
        ErrorNumber.InputOutput => "the TDX module refused to report",
        ErrorNumber.NotATypewriter or ErrorNumber.Invalid => "the driver does not know the request: the kernel is older than 6.2",
        ErrorNumber.Interrupted or ErrorNumber.Busy => "the driver is busy",
        _ => "see the kernel's log of the guest",
    };
}
