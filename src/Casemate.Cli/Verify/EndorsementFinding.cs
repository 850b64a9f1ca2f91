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

    public override bool Accepted => Verdict.Accepted && !Reasons.Any();

    public override ImmutableArray<Check> Checks => Verdict.Checks;

    public override Finding With(params ImmutableArray<Check> checks) =>
        this with { Verdict = Verdict with { Checks = [.. Verdict.Checks, .. checks] } };

    public override void WriteMembers(Utf8JsonWriter json, VerdictJsonOptions options) => VerdictJson.WriteMembers(json, Verdict, options);
}
