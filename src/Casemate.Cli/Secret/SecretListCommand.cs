using Casemate.Broker;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Primitives;

namespace Casemate.Cli.Secret;

/// <summary><c>casemate secret list</c>: names only.</summary>
internal sealed class SecretListCommand() : SecretStoreCommand(
    "list", "List the names of all secrets.", takesName: false,
    new CommandExample("For a script", "casemate secret list -o json"))
{
    protected override async Task<int> RunAsync(CommandContext context, DirectoryResourceStore store, CancellationToken cancellationToken)
    {
        var paths = await store.ListAsync(cancellationToken);
        if (context.Console.Format is not OutputFormat.Table)
        {
            context.Console.WriteDocument(json =>
            {
                json.WriteString("apiVersion", ApiVersion.V1);
                json.WriteStartArray("secrets");
                foreach (var path in paths)
                {
                    json.WriteStringValue(path.ToString());
                }

                json.WriteEndArray();
            });
            return ExitCode.Success;
        }

        foreach (var path in paths)
        {
            context.Console.Out.WriteLine(path);
        }

        if (paths.Count == 0)
        {
            context.Console.Note("there are no secrets");
        }

        return ExitCode.Success;
    }
}
