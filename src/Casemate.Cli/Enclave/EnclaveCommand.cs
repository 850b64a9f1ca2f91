using Casemate.Cli.Commands;

namespace Casemate.Cli.Enclave;

/// <summary><c>casemate enclave</c>: what an enclave file is, measures and may do; and its signature.</summary>
internal sealed class EnclaveCommand : CliCommand
{
    public EnclaveCommand()
        : base(
            "enclave", "Inspect and sign SGX enclave files.",
            new CommandExample("What an enclave is, and whether it measures what was signed", "casemate enclave inspect enclave.signed.so"),
            new CommandExample("Sign it", "casemate enclave sign enclave.so --key key.pem --out enclave.signed.so"))
    {
        Add(new EnclaveInspectCommand());
        Add(new EnclaveSignCommand());
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken) =>
        throw CliException.Usage("no enclave command given", "Run 'casemate enclave --help' for its commands and examples.");
}
