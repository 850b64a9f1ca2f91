using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Casemate.Cli.Commands;
using Casemate.Cli.Quotes;
using Casemate.Cli.Serve;
using Casemate.Kubernetes;
using Casemate.Node.NodeObject;

namespace Casemate.Cli.Node;

/// <content>Reads what ties the agent to its cluster.</content>
internal static partial class NodeArguments
{
    private const int LongestDeadlineMinutes = 1440;

    /// <summary>The name of the Node object.</summary>
    public static string ReadNodeName(CommandContext context) => NodeSettings.NodeName.Given(context)
        ?? (context.Invocation.Environment("NODE_NAME") is { Length: > 0 } name ? name : Environment.MachineName.ToLowerInvariant());

    /// <summary>The cluster that kubectl would find.</summary>
    /// <exception cref="CliException">There is none (exit code 3).</exception>
    public static KubeConfiguration FindCluster(CommandContext context)
    {
        try
        {
            return KubeConfiguration.Load(
                FullPath(NodeSettings.Kubeconfig.Given(context)), null, new KubeEnvironment { Variable = context.Invocation.Environment });
        }
        catch (KubeConfigurationException exception)
        {
            throw CliException.BadInput(exception.Message.TrimEnd('.'), "Name the cluster with --kubeconfig FILE.", exception);
        }
    }

    private static KubeConfiguration? ReadCluster(CommandContext context, bool dra, out string? without)
    {
        var mode = NodeSettings.Kubernetes.Text(context);
        if (mode is not ("auto" or "on" or Off))
        {
            throw CliException.Usage($"--kubernetes '{mode}' is neither auto nor on nor off", "Write one of the three.");
        }

        if (mode == Off && dra)
        {
            throw CliException.Usage("--dra needs the API server, and --kubernetes is off", "Drop one of the two.");
        }

        var isPod = new KubeEnvironment { Variable = context.Invocation.Environment }.IsInCluster;
        without = mode switch
        {
            Off => "--kubernetes is off",

            // A kubeconfig of whoever started the agent by hand is no word that it may write into that cluster.
            "auto" when !dra && !isPod && NodeSettings.Kubeconfig.Given(context) is null =>
                "this is no pod, and no --kubeconfig is given (--kubernetes on looks for a cluster as kubectl does)",
            _ => null,
        };
        if (without is not null)
        {
            return null;
        }

        try
        {
            return FindCluster(context);
        }
        catch (CliException exception) when (mode == "auto" && !dra && NodeSettings.Kubeconfig.Given(context) is null)
        {
            without = $"{exception.Message}; --kubernetes on would end the agent here";
            return null;
        }
    }

    // Of the settings that are given, those that speak of the Node object alone; node-name is in the metrics as well.
    private static IEnumerable<Setting> GivenForTheNode(CommandContext context) => NodeSettings.OfNodeObject.Where(setting => setting switch
    {
        { ValueName: null } => setting.IsOn(context),
        { Many: true } => setting.Values(context).Count > 0,
        _ => setting.Given(context) is { } value && value != setting.Default,
    });

    private static NodeObjectSettings ReadNodeObject(CommandContext context)
    {
        var minutes = Number(NodeSettings.StartupDeadline, context, LongestDeadlineMinutes, least: 1);
        var action = NodeSettings.StartupDeadlineAction.Text(context);
        return new NodeObjectSettings
        {
            NodeName = ReadNodeName(context),
            StartupDeadline = TimeSpan.FromMinutes(minutes),
            DeadlineAction = action switch
            {
                "keep" => StartupDeadlineAction.Keep,
                "admit" => StartupDeadlineAction.AdmitUnattested,
                _ => throw CliException.Usage(
                    $"--startup-deadline-action '{action}' is neither keep nor admit", "The default is keep: the node stays closed."),
            },
            OpenUnattestedWhenReady = NodeSettings.OpenUnattested.IsOn(context),
        };
    }

    private static string? ReadQuoteHelper(CommandContext context) => NodeSettings.QuoteHelper.Given(context)
        ?? (NodeSettings.AttestationUrl.Given(context) is null ? null : QuoteCommand.DefaultHelper);

    private static NodeAttestationOptions? ReadAttestation(CommandContext context, bool simulated)
    {
        if (NodeSettings.AttestationUrl.Given(context) is not { } text)
        {
            return NodeSettings.AttestationCertificate.Given(context) is null
                ? null
                : throw CliException.Usage("--attestation-cert is given without --attestation-url", "Name the service that shows it.");
        }

        if (NodeSettings.OpenUnattested.IsOn(context))
        {
            throw CliException.Usage(
                "--attestation-url and --open-unattested-when-ready are both given",
                "Either the node is attested, or it is not: drop one.");
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out var address)
            || !(address.Scheme == "https" || address is { Scheme: "http", IsLoopback: true }))
        {
            throw CliException.Usage($"--attestation-url '{text}' is no https URL", "Write https://HOST:PORT; http is for loopback alone.");
        }

        return new NodeAttestationOptions
        {
            Address = address,
            PinnedCertificate = ReadCertificate(NodeSettings.AttestationCertificate.Given(context)),
            NodeIsSimulated = simulated,
        };
    }

    private static ReadOnlyMemory<byte>? ReadCertificate(string? file)
    {
        if (file is null)
        {
            return null;
        }

        try
        {
            using var certificate = X509CertificateLoader.LoadCertificateFromFile(file);
            return certificate.RawData;
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw CliException.BadInput(
                $"{file} holds no certificate: {exception.Message.TrimEnd('.')}", "Name a PEM or DER file with --attestation-cert.",
                exception);
        }
    }
}
