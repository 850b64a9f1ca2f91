using System.Collections.Immutable;
using Casemate.Admission;
using Casemate.Cli.Commands;
using Casemate.Kubernetes;
using Casemate.Primitives.Text;

namespace Casemate.Cli.Webhook;

/// <summary>Reads the settings of <c>casemate webhook</c>.</summary>
internal static partial class WebhookArguments
{
    /// <summary>How pods are completed and judged.</summary>
    /// <exception cref="CliException">A value makes no sense (exit code 2).</exception>
    public static AdmissionSettings ReadJudgement(CommandContext context)
    {
        var settings = new AdmissionSettings
        {
            Family = ReadFamily(WebhookSettings.EpcResource.Text(context)!),
            BackEnd = WebhookSettings.EpcBackEnd.Text(context) switch
            {
                "resource" => Casemate.Admission.EpcBackEnd.Resource,
                "dra" => Casemate.Admission.EpcBackEnd.Claim,
                var other => throw CliException.Usage($"--epc-backend '{other}' is no choice", "Write resource or dra."),
            },
            Aesm = WebhookSettings.Aesm.Text(context) switch
            {
                "allocation" => AesmMount.Allocation,
                "hostpath" => AesmMount.HostPath,
                var other => throw CliException.Usage($"--aesm '{other}' is no choice", "Write allocation or hostpath."),
            },
            ProvisionAllowed = WebhookSettings.ProvisionAllow.Values(context) switch
            {
                [] => ["*"],
                ["none"] => [],
                var names => [.. names],
            },
            Denied = [.. WebhookSettings.Deny.Values(context).Select(ReadFinding)],
        };
        if (settings is { BackEnd: Casemate.Admission.EpcBackEnd.Claim, Family: not null })
        {
            throw CliException.Usage(
                "--epc-resource and --epc-backend dra are both given", "A claim has no resource name: drop one of the two.");
        }

        return settings.Problems().FirstOrDefault() is { } problem
            ? throw CliException.Usage(problem.TrimEnd('.').Replace(
                nameof(AdmissionSettings.ProvisionAllowed), WebhookSettings.ProvisionAllow.Flag, StringComparison.Ordinal))
            : settings;
    }

    private static ResourceFamily? ReadFamily(string text) => text == "auto" ? null
        : ResourceFamily.TryFind(text, out var family) ? family
        : throw CliException.Usage(
            $"--epc-resource '{text}' is no name of EPC",
            $"Write auto, {string.Join(", ", ResourceFamily.All.Select(known => known.Key))}, or a name such as "
                + $"{ResourceFamily.Azure.Name}.");

    private static AdmissionFindingId ReadFinding(string text)
    {
        if (Enum.TryParse<AdmissionFindingId>(text, out var id) && Enum.IsDefined(id) && !char.IsAsciiDigit(text[0]))
        {
            return id;
        }

        var nearest = NearestName.Find(text, Enum.GetNames<AdmissionFindingId>().ToImmutableArray());
        throw CliException.Usage(
            $"--deny '{text}' is no finding", nearest is null ? "The handbook's page 'diagnostics' lists them." : $"Did you mean '{nearest}'?");
    }
}
