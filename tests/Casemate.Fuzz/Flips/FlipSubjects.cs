using System.Collections.Immutable;
using System.Security.Cryptography;
using Casemate.Attestation;
using Casemate.Attestation.Policy;

namespace Casemate.Fuzz.Flips;

/// <summary>
/// Everything that is flipped: each valid case of the corpus and simulated evidence of each format, with the documents behind them.
/// </summary>
public static partial class FlipSubjects
{
    /// <summary>Refuses nothing genuine, so that what was changed is the only reason for a refusal.</summary>
    public static EvidencePolicy Lenient { get; } = EvidencePolicy.EvidenceOnly with
    {
        AcceptedTcbStatuses = [.. Enum.GetValues<TcbStatus>()],
        Sgx = new SgxPolicy { AcceptDebugEnclaves = true, AcceptProvisionKey = true, AcceptEinitTokenKey = true },
        Tdx = new TdxPolicy { AcceptAnyServiceTd = true, AcceptSeptVe = true, AcceptMigratable = true, AcceptDebugTds = true },
        Snp = new SnpPolicy { AcceptDebugGuests = true },
    };

    /// <summary>The kinds, with which subjects are asked for.</summary>
    public static ImmutableArray<string> Kinds { get; } = ["quotes", "collateral", "snp", "azure", "cose", "gpu", "event-log"];

    /// <summary>
    /// The subjects of a kind. A document that several cases share, or a certificate in several quotes, is flipped once.
    /// </summary>
    /// <param name="kind">A member of <see cref="Kinds"/>.</param>
    public static IEnumerable<FlipSubject> OfKind(string kind) => WithoutRepetition(kind switch
    {
        "quotes" => Quotes(),
        "collateral" => Collateral(),
        "snp" => SnpReports(),
        "azure" => AzureVms(),
        "cose" => Endorsements(),
        "gpu" => Gpus(),
        "event-log" => EventLogs(),
        _ => throw new ArgumentException($"no kind is named '{kind}': {string.Join(", ", Kinds)}", nameof(kind)),
    });

    private static IEnumerable<FlipSubject> WithoutRepetition(IEnumerable<FlipSubject> subjects)
    {
        var seen = new HashSet<string>();
        foreach (var subject in subjects)
        {
            ImmutableArray<FlipPart> parts =
            [
                .. subject.Parts.Where(p => !p.Region.IsCollateral
                    || seen.Add($"{p.Region}/{Convert.ToHexString(SHA256.HashData(subject.Bytes.AsSpan(p.Start, p.Length)))}")),
            ];
            if (!parts.IsEmpty)
            {
                yield return subject with { Parts = parts };
            }
        }
    }

    private static FlipOutcome Of(Verdict verdict) => new(verdict.Accepted, verdict.Claims is not null, verdict.Checks);
}
