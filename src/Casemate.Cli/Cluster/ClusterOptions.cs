using System.CommandLine;
using Casemate.Cli.Commands;
using Casemate.Kubernetes;

namespace Casemate.Cli.Cluster;

/// <summary><c>--kubeconfig</c> and <c>--context</c>: which cluster a person's command speaks to, found as kubectl finds it.</summary>
internal sealed class ClusterOptions
{
    private readonly Option<string?> _kubeconfig = new("--kubeconfig")
    {
        Description = "What leads to the cluster. Default: KUBECONFIG, the pod's service account, or ~/.kube/config.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _context = new("--context")
    {
        Description = "The context of the kubeconfig to use. Default: its current one.",
        HelpName = "NAME",
    };

    /// <summary>Adds both options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_kubeconfig);
        command.Add(_context);
    }

    /// <summary>The cluster that is meant.</summary>
    /// <exception cref="CliException">There is none (exit code 3).</exception>
    public KubeConfiguration Find(CommandContext context)
    {
        var file = context.Arguments.GetValue(_kubeconfig);
        try
        {
            return KubeConfiguration.Load(
                file is null ? null : Path.GetFullPath(file),
                new KubeconfigOptions { Context = context.Arguments.GetValue(_context) },
                new KubeEnvironment { Variable = context.Invocation.Environment });
        }
        catch (KubeConfigurationException exception)
        {
            throw CliException.BadInput(exception.Message.TrimEnd('.'), "Name the cluster with --kubeconfig FILE.", exception);
        }
    }

    /// <summary>A client of that cluster.</summary>
    /// <param name="context">The running command.</param>
    /// <param name="fieldManager">Whose the fields are that are applied.</param>
    /// <param name="limit">How long all its requests may take; a later <see cref="KubeClient.EndWithin"/> begins anew.</param>
    /// <exception cref="CliException">There is no cluster (exit code 3).</exception>
    public KubeClient Open(CommandContext context, string fieldManager, TimeSpan limit)
    {
        var client = new KubeClient(Find(context), new KubeClientOptions { FieldManager = fieldManager, Time = context.Invocation.Time });
        client.EndWithin(limit);
        return client;
    }
}
