using Casemate.Addon;
using Casemate.Cli.Cluster;
using Casemate.Kubernetes;

namespace Casemate.Cli.Addon;

/// <summary>What ends a command about an add-on in a cluster.</summary>
internal static class AddonFailure
{
    private const string Rights =
        "The add-on is for a cluster's administrator: 'kubectl auth can-i --list' shows what you may. With the right to list nodes, "
            + "'casemate addon install --dry-run' names every other one that is missing.";

    /// <summary>Runs the work of a command, and makes what the cluster says an error with an exit code.</summary>
    /// <exception cref="CliException">The cluster cannot be asked, refuses, or holds what cannot be used.</exception>
    public static async Task<int> GuardAsync(Func<Task<int>> work)
    {
        try
        {
            return await work();
        }
        catch (KubeException exception)
        {
            throw ClusterFailure.Of(exception, Rights);
        }
        catch (KubeConfigurationException exception)
        {
            throw ClusterFailure.Of(exception);
        }
        catch (AddonException exception)
        {
            throw CliException.BadInput(exception.Message.TrimEnd('.'), exception.Remedy, exception);
        }
    }
}
