using System.CommandLine;
using Casemate.Broker;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Cli.Serve;

namespace Casemate.Cli.Secret;

/// <summary>What the secret commands share: the store, and the name of a secret.</summary>
internal abstract class SecretStoreCommand : CliCommand
{
    private readonly Argument<string>? _name;

    protected SecretStoreCommand(string name, string description, bool takesName, params IReadOnlyList<CommandExample> examples)
        : base(name, description, examples)
    {
        if (takesName)
        {
            _name = new Argument<string>("NAME") { Description = "The secret: NAME for default/secret/NAME, or REPOSITORY/TYPE/TAG." };
            Add(_name);
        }

        ServeSettings.Store.AddTo(this);
    }

    /// <summary>True for the one command that makes a store where there is none.</summary>
    protected virtual bool CreatesStore => false;

    /// <summary>Works on the opened store.</summary>
    protected abstract Task<int> RunAsync(CommandContext context, DirectoryResourceStore store, CancellationToken cancellationToken);

    /// <summary>The secret that was named.</summary>
    /// <exception cref="CliException">It is no name (exit code 2).</exception>
    protected ResourcePath PathOf(CommandContext context) => NamedSecret.PathOf(context.Arguments.GetRequiredValue(_name!));

    protected sealed override async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var directory = ServiceStore.DirectoryOf(context);
        if (!CreatesStore && !Directory.Exists(directory))
        {
            throw CliException.BadInput(
                $"--store: there is no directory '{directory}'",
                $"Name the store with {ServeSettings.Store.Flag} or {ServeSettings.Store.Variable}; "
                + "casemate serve and casemate secret set make it.");
        }

        try
        {
            using var store = ServiceStore.OpenResources(directory);
            return await RunAsync(context, store, cancellationToken);
        }
        catch (Exception exception) when (exception is ResourceDamagedException or InvalidDataException)
        {
            throw CliException.BadInput(exception.Message, cause: exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CliException.BadInput(
                $"{ServeSettings.Store.Flag}: the store '{directory}' cannot be used: {exception.Message}",
                OutputFile.RemedyFor(ServeSettings.Store.Flag, exception), exception);
        }
    }
}
