using Microsoft.Extensions.Logging;

namespace Casemate.Cli.Node;

/// <summary>Log messages of <c>casemate node</c>. Event ids 3950-3959; an id is never given a second meaning.</summary>
internal static partial class NodeServiceLog
{
    [LoggerMessage(3950, LogLevel.Information, "Leaks of EPC are not seen: the kernel's log cannot be read, {Problem}")]
    public static partial void NoKernelLog(ILogger logger, string problem);

    [LoggerMessage(3951, LogLevel.Information,
        "The Node object is not looked after: {Why}. Labels, taints, conditions and amounts in its status are not written")]
    public static partial void NoCluster(ILogger logger, string why);

    [LoggerMessage(3952, LogLevel.Warning,
        "{Resource} is an amount in the Node's status, and nobody writes it there: pods that ask for it stay Pending. Name the cluster "
            + "with --kubeconfig, or run in a pod")]
    public static partial void AmountNotWritten(ILogger logger, string resource);

    [LoggerMessage(3953, LogLevel.Warning,
        "{Flag} has no effect: it is about the Node object, and that is not looked after, since {Why}. Name the cluster with --kubeconfig, "
            + "run in a pod, or leave {Flag} out")]
    public static partial void NoEffect(ILogger logger, string flag, string why);
}
