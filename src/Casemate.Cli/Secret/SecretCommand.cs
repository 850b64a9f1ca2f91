using Casemate.Cli.Commands;

namespace Casemate.Cli.Secret;

/// <summary><c>casemate secret</c>: the secrets in a service's store, for whoever may read its directory.</summary>
internal sealed class SecretCommand : CliCommand
{
    public SecretCommand()
        : base(
            "secret", "Put secrets into a service's store, read, list and delete them.",
            new CommandExample("Store a secret from standard input", "printf %s \"$PASSWORD\" | casemate secret set database"),
            new CommandExample("What is there", "casemate secret list"))
    {
        Add(new SecretSetCommand());
        Add(new SecretGetCommand());
        Add(new SecretListCommand());
        Add(new SecretDeleteCommand());
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken) =>
        throw CliException.Usage("no secret command given", "Run 'casemate secret --help' for its commands and examples.");
}
