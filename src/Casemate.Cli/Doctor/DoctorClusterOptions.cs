using System.CommandLine;
using Casemate.Cli.Cluster;
using Casemate.Cli.Commands;
using Casemate.Kubernetes;

namespace Casemate.Cli.Doctor;

/// <summary>Which cluster is looked at, or which pod of it.</summary>
internal sealed class DoctorClusterOptions
{
    private readonly Option<string?> _pod = new("--pod")
    {
        Description = "Look at one pod alone: why it is Pending, or gets no quotes, or is not attested.",
        HelpName = "[NAMESPACE/]NAME",
    };

    /// <summary>The cluster.</summary>
    public ClusterOptions Cluster { get; } = new();

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_pod);
        Cluster.AddTo(command);
    }

    /// <summary>Whether a cluster is named on the command line.</summary>
    public static bool IsNamed(CommandContext context) =>
        context.Arguments.GetValue<string?>("--kubeconfig") is not null || context.Arguments.GetValue<string?>("--context") is not null;

    /// <summary>Whether a pod is named, or a cluster.</summary>
    public bool AreGiven(CommandContext context) => IsNamed(context) || context.Arguments.GetValue(_pod) is not null;

    /// <summary>Asks everything about the cluster, or about the pod.</summary>
    /// <returns>The report; 4 or 5 as the exit code where the API server does not answer or knows nobody, else null.</returns>
    /// <exception cref="CliException">The pod's name is none.</exception>
    public async Task<(DoctorReport Report, int? ExitCode)> ExamineAsync(
        CommandContext context, KubeConfiguration configuration, TimeSpan limit, CancellationToken cancellationToken)
    {
        var pod = PodOf(context, configuration);
        using var cluster = new ExaminedCluster(configuration, limit, context.Invocation.Time);
        var name = $"{configuration.Server.Authority} ({configuration.Origin}){(pod is { } one ? $", pod {one.Namespace}/{one.Name}" : "")}";
        var (first, exitCode) = await AskServerAsync(cluster, cancellationToken);
        if (exitCode is not null)
        {
            return (new DoctorReport("cluster", name, [first]), exitCode);
        }

        var checks = pod is { } asked ? new PodQuestions(cluster, asked.Namespace, asked.Name).All : cluster.Checks;
        var findings = await new DoctorRun(limit, context.Invocation.Time).AskAsync(checks, cancellationToken);
        return (new DoctorReport(
            "cluster", name,
            pod is null ? DoctorQuestions.Complete(DoctorQuestions.OfCluster, [first, .. findings])
                : [first, .. DoctorQuestions.Complete(DoctorQuestions.OfPod, findings)]), null);
    }

    private static async Task<(DoctorFinding Finding, int? ExitCode)> AskServerAsync(ExaminedCluster cluster, CancellationToken cancellationToken)
    {
        var where = cluster.Client.Configuration.Server.Authority;
        try
        {
            var version = await cluster.Client.GetVersionAsync(cancellationToken);
            return (version.IsAtLeast(1, 30)
                ? DoctorFinding.Passed(DoctorFindingId.ApiServer, $"{where} answers: Kubernetes {version.GitVersion} (/version)")
                : DoctorFinding.Failed(
                    DoctorFindingId.ApiServer, $"{where} is Kubernetes {version.GitVersion} (/version): the add-on's admission policies need 1.30",
                    "Upgrade the cluster to Kubernetes 1.30 or later."), null);
        }
        catch (KubeException exception) when (exception.StatusCode is 403)
        {
            // It answers and does not say which it is: everything else can still be asked.
            return (DoctorFinding.NotChecked(DoctorFindingId.ApiServer, exception.Message, "Ask for 'get' of the address /version."), null);
        }
        catch (KubeException exception) when (exception.StatusCode is 401)
        {
            return (DoctorFinding.Failed(
                DoctorFindingId.ApiServer, exception.Message, "Log in to the cluster again: the credential has ended, or is another cluster's."),
                ExitCode.NotPermitted);
        }
        catch (KubeConfigurationException exception)
        {
            return (DoctorFinding.Failed(DoctorFindingId.ApiServer, exception.Message, "Look at the kubeconfig's user."), ExitCode.NotPermitted);
        }
        catch (KubeException exception)
        {
            return (DoctorFinding.Failed(
                DoctorFindingId.ApiServer, exception.Message, "Look whether it answers: kubectl get --raw /readyz; on a node: casemate doctor node"),
                ExitCode.Unreachable);
        }
    }

    private (string Namespace, string Name)? PodOf(CommandContext context, KubeConfiguration configuration)
    {
        if (context.Arguments.GetValue(_pod) is not { } text)
        {
            return null;
        }

        var parts = text.Split('/');
        var (space, name) = parts is [var first, var second] ? (first, second) : (configuration.Namespace, text);
        return parts.Length <= 2 && IsName(space) && IsName(name) ? (space, name)
            : throw CliException.Usage($"--pod '{text}' is no name of a pod", "Write NAMESPACE/NAME, such as shop/enclavehello.");
    }

    private static bool IsName(string text) => text.Length is > 0 and <= 253
        && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.') && text[0] is not ('-' or '.');
}
