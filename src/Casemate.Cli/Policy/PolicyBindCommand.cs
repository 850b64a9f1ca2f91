using System.Collections.Immutable;
using System.CommandLine;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Attestation.Policy;
using Casemate.Broker;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.KataPolicy.Initdata;

namespace Casemate.Cli.Policy;

/// <summary><c>casemate policy bind</c>.</summary>
internal sealed class PolicyBindCommand : CliCommand
{
    private const int InitdataPcr = 8;

    private readonly Argument<string> _file = new("FILE") { Description = $"What carries the policy: {PolicyInput.Forms}." };

    private readonly Option<string[]> _tees = new("--tee")
    {
        Description = "Kind of evidence that is accepted: snp, tdx, az-snp-vtpm or az-tdx-vtpm. Repeatable; kinds with and without a virtual "
            + "TPM need a policy each. Default: snp and tdx; snp for a policy without initdata.",
        HelpName = "KIND",
    };

    private readonly Option<string[]> _measurements = new("--measurements")
    {
        Description = "Launch measurements of the guest image: the output of 'casemate measure snp|tdx|igvm … -o json'. Repeatable.",
        HelpName = "FILE",
    };

    private readonly Option<bool> _anyImage = new("--accept-any-guest-image")
    {
        Description = "Let every launch measurement pass. The guest image is what enforces the agent policy: without its measurement, "
            + "whoever starts guests can start one that does not. For trying out.",
    };

    private readonly Option<string?> _name = new("--name")
    {
        Description = "The policy's name in tokens and audit records. Default: the workload's.",
        HelpName = "NAME",
    };

    private readonly Option<string[]> _resources = new("--resource")
    {
        Description = "A resource that the workload may read, REPOSITORY/TYPE/TAG with '*' for any segment. Repeatable. Default: all.",
        HelpName = "PATTERN",
    };

    private readonly Option<string?> _workload = ChosenPolicy.Option(isNeeded: false);

    private readonly Option<bool> _rego = new("--rego") { Description = "Print an attestation policy for Trustee (Rego) instead." };

    public PolicyBindCommand()
        : base(
            "bind", "Print the appraisal policy that accepts guests with exactly this agent policy: HOST_DATA, MRCONFIGID or PCR 8, and the "
            + "launch measurements given. Exit code 0 done, 3 unreadable, malformed or without a policy.",
            new CommandExample("For 'casemate serve --policy'", "casemate policy bind app.yaml --measurements snp.json > appraisal.yaml"),
            new CommandExample("For Trustee's attestation service", "casemate policy bind app.yaml --measurements snp.json --rego"))
    {
        Add(_file);
        foreach (var option in new Option[] { _tees, _measurements, _anyImage, _name, _resources, _workload, _rego })
        {
            Add(option);
        }
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var arguments = context.Arguments;
        PolicyInput.RequireOneStandardInput([arguments.GetValue(_file), .. arguments.GetValue(_measurements) ?? []]);
        var policies = ChosenPolicy.ReadCarried(context, arguments.GetValue(_file)!, arguments.GetValue(_workload));
        PolicyInput.RefuseBroken(policies);
        PolicyInput.WarnOfUndecided(context.Console, policies);
        PolicyInput.NoteTextAlone(context.Console, [arguments.GetValue(_file)!], policies);
        var bound = ByTarget(policies);
        var tees = TeesOf(arguments.GetValue(_tees) ?? [], bound);
        var measurements = MeasurementsFile.ReadAll(context, arguments.GetValue(_measurements) ?? []);
        var anyImage = arguments.GetValue(_anyImage);
        if (!anyImage)
        {
            WarnOfMissing(context.Console, tees, measurements);
        }

        var origin = string.Join("; ", policies.Select(policy => policy.Origin));
        var typed = Typed(
            bound, tees, measurements, anyImage, arguments.GetValue(_name) ?? NameOf(policies[0]), arguments.GetValue(_resources) ?? []);
        var rego = TrusteePolicy.Write(
            origin, [.. bound.SelectMany(entry => entry.Value)], tees, [.. measurements.Snp.Concat(measurements.Tdx).Select(Convert.ToHexStringLower)],
            anyImage);
        if (context.Console.Format is not OutputFormat.Table)
        {
            context.Console.WriteDocument(json =>
            {
                json.WriteString("apiVersion", Primitives.ApiVersion.V1);
                json.WriteString("origin", origin);
                BoundFields.Write(json, [.. bound.SelectMany(entry => entry.Value)]);
                json.WriteString("appraisalPolicy", typed);
                json.WriteString("trusteePolicy", rego);
            });
        }
        else
        {
            context.Console.Out.Write(arguments.GetValue(_rego) ? rego : $"# Accepts guests under the agent policy of {ErrorText.OneLine(origin)}\n{typed}");
        }

        return Task.FromResult(ExitCode.Success);
    }

    // Several workloads of one file: the broker accepts each of them. The evidence of one guest carries one value.
    private static Dictionary<string, ImmutableArray<BoundField>> ByTarget(ImmutableArray<CarriedPolicy> policies)
    {
        var carrying = BoundFields.Carrying(policies);
        if (carrying.FirstOrDefault(policy => policy.Policy is null) is { } bare)
        {
            throw CliException.BadInput(
                $"{bare.Origin}: the initdata has no {InitdataDocument.PolicyName}: the policy baked into the guest image would apply",
                "Let 'casemate policy generate --initdata FILE' put a policy beside its other entries, and give what it writes.");
        }

        return carrying.SelectMany(policy => BoundFields.Of(policy))
            .GroupBy(field => field.Target, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.DistinctBy(field => field.Hex).ToImmutableArray());
    }

    private static void WarnOfMissing(ConsoleOutput console, List<string> tees, MeasurementsFile measurements)
    {
        if (measurements.IsEmpty)
        {
            console.Warn(
                "no measurement of the guest image is given: the policy accepts nothing yet. Give --measurements FILE, or fill them in.");
            return;
        }

        var missing = tees.Where(tee => (IsTdx(tee) ? measurements.Tdx : measurements.Snp).IsEmpty).ToList();
        var others = string.Concat(tees.Except(missing).Select(tee => $" --tee {tee}"));
        foreach (var tee in missing)
        {
            var (what, command) = IsTdx(tee) ? ("MRTD", "tdx|igvm") : ("launch measurement", "snp|igvm");
            console.Warn(
                $"no {what} is given: evidence of {tee} is never accepted. Give it with --measurements FILE (the output of 'casemate measure "
                + $"{command} … -o json'){(others.Length > 0 ? $", or bind without {tee}:{others}" : "")}.");
        }
    }

    private static bool IsTdx(string tee) => tee is KbsTee.Tdx or KbsTee.AzTdxVtpm;

    private static List<string> TeesOf(string[] asked, Dictionary<string, ImmutableArray<BoundField>> bound)
    {
        foreach (var tee in asked.Where(tee => !TrusteePolicy.Tees.Contains(tee)))
        {
            throw CliException.Usage($"--tee '{tee}' is no kind that carries a policy", $"Kinds are {string.Join(", ", TrusteePolicy.Tees)}.");
        }

        var tees = asked.Length > 0 ? asked.Distinct().ToList() : [.. new[] { KbsTee.Snp, KbsTee.Tdx }.Where(bound.ContainsKey)];
        if (tees.Any(IsVirtual) && !tees.All(IsVirtual))
        {
            throw CliException.Usage(
                "kinds of evidence with and without a virtual TPM bind the policy in different places", "Write a policy for each.");
        }

        foreach (var tee in tees.Where(tee => !bound.ContainsKey(IsVirtual(tee) ? "vtpm" : tee)))
        {
            throw CliException.BadInput(
                $"evidence of kind {tee} cannot carry this policy",
                IsVirtual(tee) ? "PCR 8 takes initdata of the algorithm sha256 only: generate with --algorithm sha256." : "Generate initdata: --format initdata.");
        }

        return tees;
    }

    private static bool IsVirtual(string tee) => tee.EndsWith("-vtpm", StringComparison.Ordinal);

    private static string Typed(
        Dictionary<string, ImmutableArray<BoundField>> bound, List<string> tees, MeasurementsFile measurements, bool anyImage, string name,
        string[] resources)
    {
        ImmutableArray<byte[]> Values(string target) => [.. bound[target].Select(field => field.Value.ToArray())];
        var evidence = EvidencePolicy.Default with { AcceptAnyIdentity = anyImage };
        evidence = evidence with
        {
            Snp = evidence.Snp with
            {
                HostData = tees.Contains(KbsTee.Snp) ? Values("snp") : [],
                Measurements = tees.Contains(KbsTee.Snp) || tees.Contains(KbsTee.AzSnpVtpm) ? measurements.Snp : [],
            },
            Tdx = evidence.Tdx with
            {
                MrConfigIds = tees.Contains(KbsTee.Tdx) ? Values("tdx") : [],
                MrTds = tees.Contains(KbsTee.Tdx) || tees.Contains(KbsTee.AzTdxVtpm) ? measurements.Tdx : [],
                Rtmrs = tees.Contains(KbsTee.Tdx) ? measurements.Rtmrs : [],
            },
        };
        if (tees.Any(IsVirtual))
        {
            evidence = evidence with
            {
                Vtpm = evidence.Vtpm with
                {
                    Pcrs = ImmutableSortedDictionary<int, ImmutableArray<byte[]>>.Empty.Add(InitdataPcr, Values("vtpm")),
                },
            };
        }

        var policy = AppraisalPolicy.Default with { Name = name, AcceptedTees = [.. tees], Evidence = evidence };
        if (resources.Length > 0)
        {
            policy = policy with
            {
                Resources = [.. resources.Select(pattern => ResourcePattern.TryParse(pattern, out var parsed)
                    ? parsed
                    : throw CliException.Usage($"--resource '{pattern}' is no pattern", "Write REPOSITORY/TYPE/TAG, with '*' for any one segment."))],
            };
        }

        return policy.ToYaml();
    }

    private static string NameOf(CarriedPolicy policy)
    {
        var words = policy.Origin.Split([' ', '/', '\\'], StringSplitOptions.RemoveEmptyEntries);
        var name = new string([.. words[^1].Where(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')]);
        return name.Length is > 0 and <= 64 ? name : "workload";
    }
}
