using System.CommandLine;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;

namespace Casemate.Cli.Policy;

/// <summary><c>casemate policy hash</c>.</summary>
internal sealed class PolicyHashCommand : CliCommand
{
    private readonly Argument<string[]> _files = new("FILE")
    {
        Description = $"What carries the policy: {PolicyInput.Forms}.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string?> _workload = ChosenPolicy.Option(isNeeded: false);

    public PolicyHashCommand()
        : base(
            "hash", "Print the digests of policies and initdata, and the value that each platform's evidence holds for them: HOST_DATA, "
            + "MRCONFIGID, CONFIGID, RPV, user data, PCR 8. Exit code 0 done, 3 unreadable or without a policy.",
            new CommandExample("Of annotated YAML", "casemate policy hash app.yaml"),
            new CommandExample("Of an initdata document, for a script", "casemate policy hash initdata.toml -o json"))
    {
        Add(_files);
        Add(_workload);
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var files = context.Arguments.GetValue(_files)!;
        PolicyInput.RequireOneStandardInput(files);
        var policies = files.SelectMany(
            file => ChosenPolicy.ReadCarried(context, file, context.Arguments.GetValue(_workload))).ToList();
        PolicyInput.WarnOfBroken(context.Console, policies);
        PolicyInput.NoteTextAlone(context.Console, files, policies);
        if (context.Console.Format is OutputFormat.Table)
        {
            policies.ForEach(policy => BoundFields.Write(context.Console, policy));
            return Task.FromResult(ExitCode.Success);
        }

        context.Console.WriteDocument(json =>
        {
            json.WriteString("apiVersion", Primitives.ApiVersion.V1);
            json.WriteStartArray("policies");
            foreach (var policy in policies)
            {
                json.WriteStartObject();
                BoundFields.Write(json, policy);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
        return Task.FromResult(ExitCode.Success);
    }
}
