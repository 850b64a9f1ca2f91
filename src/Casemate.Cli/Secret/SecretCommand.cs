using System.CommandLine;

namespace Casemate.Cli.Secret;

/// <summary><c>casemate secret</c>: the secrets in a service's store, for whoever may read its directory.</summary>
internal static class SecretCommand
{
    /// <summary>Builds the command with its subcommands.</summary>
    public static Command Create() => new("secret", "Put secrets into a service's store, read, list and delete them.")
    {
        new SecretSetCommand(),
        new SecretGetCommand(),
        new SecretListCommand(),
        new SecretDeleteCommand(),
    };
}
