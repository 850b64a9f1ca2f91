using System.CommandLine;
using Casemate.Attestation;
using Casemate.Cli.Commands;
using Casemate.Cli.Policy;
using Casemate.KataPolicy.Initdata;

namespace Casemate.Cli.Run;

/// <summary><c>--initdata</c>: what simulated evidence carries of the policy that a guest was started with.</summary>
internal static class BoundInitdata
{
    /// <summary>The option.</summary>
    public static Option<string> Option() => new("--initdata")
    {
        Description = "Start the simulated guest under the policy in FILE (what 'casemate policy generate' wrote, or initdata in any other "
            + "form): HOST_DATA of SEV-SNP or MRCONFIGID of TDX is its digest, as 'casemate policy hash' prints it. Default: zeros.",
        HelpName = "FILE",
    };

    /// <summary>Reads the file and finds the field for a kind of evidence.</summary>
    /// <exception cref="CliException">It carries none, or several that differ (exit code 3); the evidence has no such field (2).</exception>
    public static BoundField Read(CommandContext context, string path, Tee tee)
    {
        var target = VerdictJson.NameOf(tee);
        if (tee is not (Tee.Snp or Tee.Tdx))
        {
            throw CliException.Usage($"--initdata: evidence of {target} carries no initdata", "Use --tee snp or --tee tdx.");
        }

        if (path.Length == 0)
        {
            throw CliException.Usage("--initdata is empty", "Name a file: --initdata FILE.");
        }

        var fields = BoundFields.Carrying(PolicyInput.Read(context, path)).SelectMany(policy => BoundFields.Of(policy))
            .Where(field => field.Target == target).DistinctBy(field => field.Hex).ToArray();
        return fields switch
        {
            [var one] => one,
            [] => throw CliException.BadInput(
                $"--initdata: '{path}' carries a policy without initdata, which evidence of {target} does not report",
                "Generate initdata: casemate policy generate --format initdata."),
            _ => throw CliException.BadInput(
                $"--initdata: '{path}' carries {fields.Length} different policies, and a guest is started with one",
                "Give the YAML of one workload."),
        };
    }
}
