using System.Collections.Immutable;
using System.Text.Json;
using Casemate.Attestation;
using Casemate.Attestation.Nvidia;

namespace Casemate.Cli.Verify;

/// <summary>About a report of an NVIDIA GPU.</summary>
internal sealed record GpuFinding(GpuVerdict Verdict) : Finding
{
    public override string Kind => "gpu";

    public override string Format => "NVIDIA GPU report (SPDM 1.1)";

    public override bool Accepted => Verdict.Accepted;

    public override bool Simulated => Verdict.Simulated;

    public override ImmutableArray<Check> Checks => Verdict.Checks;

    public override Finding With(params ImmutableArray<Check> checks) =>
        this with { Verdict = Verdict with { Checks = [.. Verdict.Checks, .. checks] } };

    protected override void WriteVerdict(Utf8JsonWriter json, VerdictJsonOptions options) =>
        VerdictJson.WriteMembers(json, Verdict, options);
}
