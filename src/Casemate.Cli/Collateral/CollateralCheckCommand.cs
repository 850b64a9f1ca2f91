using System.Collections.Immutable;
using System.CommandLine;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Collateral.Bundle;
using Casemate.Primitives;

namespace Casemate.Cli.Collateral;

/// <summary><c>casemate collateral check</c>.</summary>
internal sealed class CollateralCheckCommand : CollateralViewCommand
{
    /// <summary>What to do about pieces that do not verify.</summary>
    public const string NotVerified = "name a simulator's root with --root, or fetch it again with casemate collateral fetch";

    private readonly Option<int> _warnWithin = new("--warn-within")
    {
        Description = "Fail when something ends within so many days (0 to 3650). Default: 7.",
        HelpName = "DAYS",
        DefaultValueFactory = _ => 7,
    };

    public CollateralCheckCommand()
        : base(
            "check", "Check that everything verifies, that nothing is missing, and that nothing ends soon. Exit code 1 when something "
            + "does.",
            new CommandExample("In a daily job", "casemate collateral check --warn-within 10"),
            new CommandExample(
                "A bundle before it is carried away",
                "casemate collateral check fleet.tar --bundle-key fleet.key.pub --warn-within 25")) =>
        Add(_warnWithin);

    protected override int Run(CommandContext context, CollateralBundle? bundle, IReadOnlyList<AuditedCollateral> pieces)
    {
        var days = context.Arguments.GetValue(_warnWithin);
        if (days is < 0 or > 3650)
        {
            throw CliException.Usage("--warn-within is a number of days from 0 to 3650");
        }

        var within = TimeSpan.FromDays(days);
        var usable = pieces.Where(piece => piece.IsVerified).ToList();
        var gaps = CollateralAudit.FindGaps(usable.Select(piece => piece.Collateral.Key));
        var problems = pieces.Where(piece => !piece.IsVerified || piece.IsExpired(context.Now + within)).ToList();
        var remedy = RemedyFor(bundle, problems, gaps, pieces.Count);
        Write(context, pieces, gaps, within, problems.Count, remedy);
        return remedy.Length == 0 ? ExitCode.Success : ExitCode.Refused;
    }

    private static string RemedyFor(
        CollateralBundle? bundle, List<AuditedCollateral> problems, ImmutableArray<CollateralGap> gaps, int count)
    {
        var again = bundle is null ? "" : ", export it again and carry the new bundle over";
        return count == 0 ? "there is nothing: fetch with casemate collateral fetch, or import a bundle"
            : problems.Exists(piece => !piece.IsVerified)
                ? $"what does not verify is not used: {NotVerified}{again}"
            : gaps.Length > 0 ? $"fetch what is missing with casemate collateral fetch{again}"
            : problems.Count > 0 ? $"fetch what ends with casemate collateral fetch{again}"
            : "";
    }

    private static void Write(
        CommandContext context, IReadOnlyList<AuditedCollateral> pieces, ImmutableArray<CollateralGap> gaps, TimeSpan within, int problems,
        string remedy)
    {
        var console = context.Console;
        if (console.Format is not OutputFormat.Table)
        {
            console.WriteDocument(json =>
            {
                json.WriteString("apiVersion", ApiVersion.V1);
                json.WriteBoolean("good", remedy.Length == 0);
                CollateralTable.Write(json, pieces, context.Now, within);
                json.WriteStartArray("missing");
                foreach (var gap in gaps)
                {
                    json.WriteStartObject();
                    json.WriteString("key", gap.Missing.ToString());
                    json.WriteString("neededBy", gap.NeededBy.ToString());
                    json.WriteString("reason", gap.Reason);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteString("remedy", remedy);
            });
            return;
        }

        CollateralTable.Write(console, pieces, context.Now, within);
        foreach (var gap in gaps)
        {
            console.Out.WriteLine(
                $"{console.Paint(Tone.Bad, "MISSING")}  {gap.Missing.ToLogText()}, needed by {gap.NeededBy.ToLogText()}: {gap.Reason}");
        }

        console.Out.WriteLine(remedy.Length == 0
            ? $"good: {pieces.Count} pieces, and nothing ends within {within.TotalDays:0} days"
            : $"not good: {problems} pieces with problems, {gaps.Length} missing; {remedy}");
    }
}
