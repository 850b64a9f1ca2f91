using System.CommandLine;
using System.Security.Cryptography;
using Casemate.Broker;
using Casemate.Cli.Commands;

namespace Casemate.Cli.Secret;

/// <summary><c>casemate secret set</c>. The secret comes from a file or from standard input, never from the command line.</summary>
internal sealed class SecretSetCommand : SecretStoreCommand
{
    private readonly Option<string> _fromFile = new("--from-file")
    {
        Description = "Read the secret from this file, byte for byte. Default: standard input.",
        HelpName = "FILE",
    };

    public SecretSetCommand()
        : base(
            "set", "Store a secret, replacing one of the same name.", takesName: true,
            new CommandExample("From standard input, without a line end", "printf %s \"$PASSWORD\" | casemate secret set database"),
            new CommandExample("From a file, under a full name", "casemate secret set shop/tls/key --from-file key.pem")) =>
        Add(_fromFile);

    protected override bool CreatesStore => true;

    protected override async Task<int> RunAsync(CommandContext context, DirectoryResourceStore store, CancellationToken cancellationToken)
    {
        var path = PathOf(context);
        var content = Read(context);
        try
        {
            if (content.Length == 0)
            {
                throw CliException.BadInput("the secret is empty", "To remove a secret: casemate secret delete NAME");
            }

            await store.PutAsync(path, content, cancellationToken);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }

        context.Console.Note($"stored {path}");
        return ExitCode.Success;
    }

    private byte[] Read(CommandContext context)
    {
        if (context.Arguments.GetValue(_fromFile) is { } file)
        {
            return NamedSecret.ReadFile(file);
        }

        if (context.Invocation.InputIsTerminal)
        {
            context.Console.Note("reading the secret from the terminal; end it with Ctrl-D");
        }

        using var input = context.Invocation.OpenStandardInput();
        return NamedSecret.Read(input, "standard input");
    }
}
