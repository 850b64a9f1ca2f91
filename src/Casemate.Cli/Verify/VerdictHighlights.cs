using Casemate.Attestation;
using Casemate.Attestation.Azure;
using Casemate.Attestation.Cose;
using Casemate.Attestation.Nvidia;
using Casemate.Attestation.Sgx;
using Casemate.Attestation.Snp;
using Casemate.Attestation.Tdx;
using Casemate.Cli.Output;

namespace Casemate.Cli.Verify;

/// <summary>What a person wants to see first of what genuine evidence says.</summary>
internal static class VerdictHighlights
{
    /// <summary>Labels and texts; nothing for evidence that is not genuine.</summary>
    public static IEnumerable<(string Label, string Text)> Of(Finding finding) => finding switch
    {
        HardwareFinding hardware => [.. Of(hardware.Verdict.Claims), .. Of(hardware.Verdict.Vtpm), .. Of(hardware.Verdict.EventLog)],
        GpuFinding { Verdict.Claims: { } claims } => Of(claims),
        EndorsementFinding { Verdict.Endorsement: { } endorsement } => Of(endorsement),
        _ => [],
    };

    private static IEnumerable<(string Label, string Text)> Of(EvidenceClaims? claims)
    {
        switch (claims)
        {
            case SgxClaims sgx:
                yield return ("MRENCLAVE", Convert.ToHexStringLower(sgx.MrEnclave));
                yield return ("MRSIGNER", Convert.ToHexStringLower(sgx.MrSigner));
                yield return ("product", $"ISVPRODID {sgx.IsvProdId}, ISVSVN {sgx.IsvSvn}{(sgx.Debug ? ", DEBUG" : "")}");
                break;
            case TdxClaims tdx:
                yield return ("MRTD", Convert.ToHexStringLower(tdx.MrTd));
                yield return ("TDATTRIBUTES", Convert.ToHexStringLower(tdx.TdAttributes) + (tdx.Debug ? ", DEBUG" : ""));
                break;
            case SnpClaims snp:
                yield return ("MEASUREMENT", Convert.ToHexStringLower(snp.Measurement));
                yield return ("HOST_DATA", Convert.ToHexStringLower(snp.HostData));
                var signer = snp.Signer.ToString().ToUpperInvariant();
                yield return ("guest", $"{snp.Product}, {signer}, VMPL {snp.Vmpl}, policy 0x{snp.Policy:x}{(snp.Debug ? ", DEBUG" : "")}");
                yield return ("reported TCB", snp.ReportedTcb.ToString());
                break;
            default:
                yield break;
        }

        yield return ("report data", Convert.ToHexStringLower(claims.ReportData));
    }

    private static IEnumerable<(string Label, string Text)> Of(VtpmClaims? vtpm)
    {
        if (vtpm is null)
        {
            yield break;
        }

        yield return ("vTPM nonce", Convert.ToHexStringLower(vtpm.Nonce));
        foreach (var (number, value) in vtpm.Pcrs.Where(pcr => pcr.Value.AsSpan().ContainsAnyExcept((byte)0)))
        {
            yield return ($"PCR {number}", Convert.ToHexStringLower(value));
        }

        yield return (
            "VM", $"Secure Boot {OnOff(vtpm.RuntimeData.SecureBoot)}, serial console {OnOff(vtpm.RuntimeData.ConsoleEnabled)}");
    }

    private static IEnumerable<(string Label, string Text)> Of(EventLogReplay? log)
    {
        if (log is null)
        {
            yield break;
        }

        yield return ("event log", $"{log.Events.Length} events");
        foreach (var rtmr in log.Rtmrs)
        {
            yield return ($"RTMR{rtmr.Index}", $"{(rtmr.Matches ? "explained by" : "NOT explained by")} {rtmr.Events} events");
        }
    }

    private static IEnumerable<(string Label, string Text)> Of(GpuClaims gpu) =>
    [
        ("device", ErrorText.OneLine(gpu.Device)),
        ("driver", gpu.DriverVersion ?? "not said"),
        ("VBIOS", gpu.VbiosVersion ?? "not said"),
        ("firmware id", Convert.ToHexStringLower(gpu.FirmwareId)),
        ("measurements", $"{gpu.Measurements.Count}, from index {gpu.Measurements.Keys.FirstOrDefault()} on"),
        ("nonce", Convert.ToHexStringLower(gpu.Nonce)),
    ];

    private static IEnumerable<(string Label, string Text)> Of(GuestImageEndorsement endorsement) =>
    [
        ("issuer", ErrorText.OneLine(endorsement.Issuer)),
        ("feed", ErrorText.OneLine(endorsement.Feed)),
        ("SVN", $"{endorsement.Svn}"),
        ("MEASUREMENT", Convert.ToHexStringLower(endorsement.LaunchMeasurement)),
        ("signed", endorsement.SigningTime is { } time ? $"{InstantText.Format(time)}, as the signer says" : "not said"),
        ("certificates", $"until {InstantText.Format(endorsement.CertificatesExpire)}"),
    ];

    private static string OnOff(bool? flag) => flag switch { true => "on", false => "off", null => "not said" };
}
