using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Cli.Verify;
using Casemate.Collateral.Bundle;
using Casemate.Primitives;

namespace Casemate.Cli.Collateral;

/// <summary><c>casemate collateral show</c>.</summary>
internal sealed class CollateralShowCommand() : CollateralViewCommand(
    "show", "List what is kept, or what a bundle holds: what, validity, source. Exit code 1 when something does not verify under the "
    + "accepted roots.",
    new CommandExample("What is kept", "casemate collateral show"),
    new CommandExample("What a bundle holds", "casemate collateral show fleet.tar --bundle-key fleet.key.pub"),
    new CommandExample("For a script", "casemate collateral show -o json"))
{
    protected override int Run(CommandContext context, CollateralBundle? bundle, IReadOnlyList<AuditedCollateral> pieces)
    {
        var console = context.Console;
        var isVerified = pieces.All(piece => piece.IsVerified);
        if (console.Format is OutputFormat.Table)
        {
            if (bundle is not null)
            {
                console.Out.WriteLine(BundleOptions.Describe(bundle));
            }

            CollateralTable.Write(console, pieces, context.Now, TimeSpan.Zero);
            if (!isVerified)
            {
                console.Out.WriteLine($"not used: {CollateralCheckCommand.NotVerified}");
            }

            return isVerified ? ExitCode.Success : ExitCode.Refused;
        }

        console.WriteDocument(json =>
        {
            json.WriteString("apiVersion", ApiVersion.V1);
            if (bundle is not null)
            {
                json.WriteString("created", InstantText.Format(bundle.Created));
                json.WriteString("signer", bundle.Signer);
                json.WriteBoolean("signatureVerified", bundle.IsSignatureVerified);
            }

            CollateralTable.Write(json, pieces, context.Now, TimeSpan.Zero);
        });
        return isVerified ? ExitCode.Success : ExitCode.Refused;
    }
}
