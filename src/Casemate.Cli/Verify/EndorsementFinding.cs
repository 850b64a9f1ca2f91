using System.Collections.Immutable;
using System.Text.Json;
using Casemate.Attestation;
using Casemate.Attestation.Cose;

namespace Casemate.Cli.Verify;

/// <summary>About a publisher's endorsement of a guest image.</summary>
internal sealed record EndorsementFinding(GuestImageVerdict Verdict) : Finding
{
    public override string Kind => "img";

    public override string Format => "endorsement of a guest image (COSE_Sign1)";

    public override bool Accepted => Verdict.Accepted;

    public override ImmutableArray<Check> Checks => Verdict.Checks;

    // The endorsement stands in the verdict only while every check holds, so that no form of it can say otherwise.
    public override Finding With(params ImmutableArray<Check> checks) => this with
    {
        Verdict = new GuestImageVerdict(
            [.. Verdict.Checks, .. checks],
            checks.Any(check => check.Outcome is CheckOutcome.Failed) ? null : Verdict.Endorsement),
    };

    protected override void WriteVerdict(Utf8JsonWriter json, VerdictJsonOptions options) =>
        VerdictJson.WriteMembers(json, Verdict, options);
}
