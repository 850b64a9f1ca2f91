using System.Collections.Immutable;
using System.Text.Json;
using Casemate.Attestation;

namespace Casemate.Cli.Verify;

/// <summary>About a quote or report of a processor, also inside Azure evidence.</summary>
internal sealed record HardwareFinding(Verdict Verdict) : Finding
{
    /// <summary>Whether a virtual TPM speaks for the guest.</summary>
    public bool HasVtpm { get; init; }

    public override string Kind => VerdictJson.NameOf(Verdict.Tee);

    public override string Format => Verdict.Format;

    public override bool Accepted => Verdict.Accepted;

    public override bool Simulated => Verdict.Simulated;

    public override string Status => Verdict.TcbStatus?.ToString() ?? "-";

    public override ImmutableArray<Check> Checks => Verdict.Checks;

    public override Finding With(params ImmutableArray<Check> checks) =>
        this with { Verdict = Verdict with { Checks = [.. Verdict.Checks, .. checks] } };

    protected override void WriteVerdict(Utf8JsonWriter json, VerdictJsonOptions options) =>
        VerdictJson.WriteMembers(json, Verdict, options);
}
