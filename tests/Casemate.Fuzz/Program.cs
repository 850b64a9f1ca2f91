using System.Diagnostics;
using System.Globalization;
using Casemate.Fuzz;
using Casemate.Fuzz.Flips;

// Usage: casemate-fuzz [TARGET|all] [COUNT] [SEED]       mutated inputs for a parser
//        casemate-fuzz flips [KIND|all] [dense]          every single bit of valid evidence, or every bit of evidence and
//                                                        one bit of every third byte of certificates and collateral
if (args is ["flips", ..])
{
    return FlipCommand.Run(args.Length > 1 ? args[1] : "all", args is [_, _, "dense", ..] ? FlipDensity.Dense : FlipDensity.Exhaustive);
}

var name = args.Length > 0 ? args[0] : "all";
var count = args.Length > 1 ? long.Parse(args[1], CultureInfo.InvariantCulture) : 100_000;
var seed = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 1;
IReadOnlyList<FuzzTarget> all =
[
    .. AttestationTargets.All, .. AesmTargets.All, .. QgsTargets.All, .. RpcTargets.All, .. NodeTargets.All, .. KubeletTargets.All,
    .. KubernetesTargets.All, .. RegoTargets.All, .. ElfTargets.All, .. ClosureTargets.All, .. OciTargets.All, .. ZstandardTargets.All,
    .. SignatureTargets.All, .. EnclaveTargets.All, .. TomlTargets.All, .. KataDerivationTargets.All, .. ImageTargets.All,
    .. ManifestTargets.All, .. VerityTargets.All,
    .. LayerDeviceTargets.All, .. AgentPolicyTargets.All, .. LaunchTargets.All, .. TdxTargets.All,
];
var targets = all.Where(t => name is "all" || t.Name == name).ToList();
if (targets.Count == 0)
{
    Console.Error.WriteLine($"no target is named '{name}': {string.Join(", ", all.Select(t => t.Name))}");
    return 2;
}

var failed = 0;
foreach (var target in targets)
{
    var watch = Stopwatch.StartNew();
    try
    {
        var (accepted, refused) = Fuzzer.Run(target, count, seed);
        Console.WriteLine($"{target.Name,-16} seed {seed}: {count} inputs, {accepted} accepted, {refused} refused, {watch.Elapsed.TotalSeconds:F1} s");
    }
    catch (FuzzFailure failure)
    {
        failed++;
        Console.WriteLine($"{target.Name,-16} seed {seed}: FAILED: {failure.Message}");
    }
}

return failed == 0 ? 0 : 1;
