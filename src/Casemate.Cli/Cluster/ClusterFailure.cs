using Casemate.Kubernetes;

namespace Casemate.Cli.Cluster;

/// <summary>What a cluster's refusal or silence means for a person's command.</summary>
internal static class ClusterFailure
{
    /// <summary>The failure as one sentence with a remedy and an exit code.</summary>
    /// <param name="exception">What the API server said, or that it said nothing.</param>
    /// <param name="rights">What the command needs to be allowed, "It takes 'get' of nodes."</param>
    public static CliException Of(KubeException exception, string rights) => exception switch
    {
        { StatusCode: 401 } => new CliException(
            ExitCode.NotPermitted, exception.Message.TrimEnd('.'), "Log in to the cluster again: the kubeconfig's credential is not taken.", exception),
        { StatusCode: 403 } => new CliException(ExitCode.NotPermitted, exception.Message.TrimEnd('.'), rights, exception),
        { IsConflict: true } => new CliException(
            ExitCode.Partial, $"others keep changing the same object: {exception.Message.TrimEnd('.')}", "Run the command again.", exception),
        _ => new CliException(
            ExitCode.Unreachable, exception.Message.TrimEnd('.'), "Look whether the API server answers: kubectl get nodes.", exception),
    };

    /// <summary>The credential of the kubeconfig cannot be had.</summary>
    public static CliException Of(KubeConfigurationException exception) =>
        new(ExitCode.NotPermitted, exception.Message.TrimEnd('.'), "Look at the kubeconfig's user.", exception);
}
