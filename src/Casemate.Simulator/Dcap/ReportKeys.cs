using System.Security.Cryptography;

namespace Casemate.Simulator.Dcap;

/// <summary>
/// Report keys of the simulated machine: as in hardware, the key of a report follows from a secret of the machine, the target and the
/// key id, and the report's MAC is AES-CMAC over its body.
/// </summary>
/// <remarks>
/// Key = 16 bytes of the installation secret's derivation with purpose <c>sgx/report-key</c> and context MRENCLAVE ‖ ATTRIBUTES ‖
/// CONFIGSVN ‖ MISCSELECT ‖ CONFIGID of the target ‖ key id.
/// </remarks>
internal sealed class ReportKeys(InstallationSecret secret)
{
    /// <summary>Bytes of a report: body, key id, MAC.</summary>
    public const int ReportSize = SgxReportWriter.Size + KeyIdSize + AesCmac.Size;

    private const int KeyIdSize = 32;

    // The machine's own key id goes with nearly every report: its keys are kept for the targets last used.
    private readonly byte[] _keyId = secret.Bytes(KeyIdSize, "sgx/report-key-id");
    private volatile Entry? _last;

    /// <summary>Makes a report of a body for a target.</summary>
    public byte[] Report(ReadOnlySpan<byte> body, ReadOnlySpan<byte> targetInfo)
    {
        var report = new byte[ReportSize];
        body.CopyTo(report);
        _keyId.CopyTo(report, SgxReportWriter.Size);
        AesCmac.Compute(Key(targetInfo, _keyId), body, report.AsSpan(SgxReportWriter.Size + KeyIdSize));
        return report;
    }

    /// <summary>True when the report was made on this machine for the target.</summary>
    public bool Verify(ReadOnlySpan<byte> report, ReadOnlySpan<byte> targetInfo)
    {
        Span<byte> mac = stackalloc byte[AesCmac.Size];
        AesCmac.Compute(Key(targetInfo, KeyIdOf(report)), report[..SgxReportWriter.Size], mac);
        return CryptographicOperations.FixedTimeEquals(mac, report[(SgxReportWriter.Size + KeyIdSize)..]);
    }

    /// <summary>The key id of a report.</summary>
    public static ReadOnlySpan<byte> KeyIdOf(ReadOnlySpan<byte> report) => report.Slice(SgxReportWriter.Size, KeyIdSize);

    private byte[] Key(ReadOnlySpan<byte> targetInfo, ReadOnlySpan<byte> keyId)
    {
        Span<byte> context = stackalloc byte[TargetInfoBytes.IdentitySize + KeyIdSize];
        TargetInfoBytes.Identity(targetInfo, context);
        keyId.CopyTo(context[TargetInfoBytes.IdentitySize..]);
        if (_last is { } last && context.SequenceEqual(last.Context))
        {
            return last.Key;
        }

        var made = new Entry(context.ToArray(), secret.Bytes(AesCmac.Size, "sgx/report-key", context));
        if (keyId.SequenceEqual(_keyId))
        {
            _last = made;
        }

        return made.Key;
    }

    private sealed record Entry(byte[] Context, byte[] Key);
}
