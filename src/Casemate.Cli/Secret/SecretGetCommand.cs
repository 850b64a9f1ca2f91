using System.Security.Cryptography;
using Casemate.Broker;
using Casemate.Cli.Commands;

namespace Casemate.Cli.Secret;

/// <summary><c>casemate secret get</c>: the bytes of a secret, nothing added.</summary>
internal sealed class SecretGetCommand() : SecretStoreCommand(
    "get", "Write a secret to standard output, byte for byte.", takesName: true,
    new CommandExample("Into a file that only its owner can read", "(umask 077; casemate secret get shop/tls/key > key.pem)"))
{
    protected override async Task<int> RunAsync(CommandContext context, DirectoryResourceStore store, CancellationToken cancellationToken)
    {
        var path = PathOf(context);
        var content = await store.GetAsync(path, cancellationToken)
            ?? throw new CliException(ExitCode.Refused, $"there is no secret {path}", "To see what there is: casemate secret list");
        try
        {
            await using var output = context.Invocation.OpenStandardOutput();
            await output.WriteAsync(content, cancellationToken);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }

        return ExitCode.Success;
    }
}
