using Casemate.Broker;
using Casemate.Cli.Commands;

namespace Casemate.Cli.Secret;

/// <summary><c>casemate secret delete</c>.</summary>
internal sealed class SecretDeleteCommand() : SecretStoreCommand(
    "delete", "Delete a secret.", takesName: true,
    new CommandExample("One secret", "casemate secret delete database"))
{
    protected override async Task<int> RunAsync(CommandContext context, DirectoryResourceStore store, CancellationToken cancellationToken)
    {
        var path = PathOf(context);
        if (!await store.DeleteAsync(path, cancellationToken))
        {
            throw new CliException(ExitCode.Refused, $"there is no secret {path}", "To see what there is: casemate secret list");
        }

        context.Console.Note($"deleted {path}");
        return ExitCode.Success;
    }
}
