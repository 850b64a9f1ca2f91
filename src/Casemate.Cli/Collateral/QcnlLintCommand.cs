using System.CommandLine;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Collateral.Qcnl;
using Casemate.Primitives;

namespace Casemate.Cli.Collateral;

/// <summary><c>casemate collateral qcnl lint</c>.</summary>
internal sealed class QcnlLintCommand : CliCommand
{
    private readonly Argument<string> _file = new("FILE")
    {
        Description = $"The file. Default: {QcnlFile.DefaultPath}.",
        Arity = ArgumentArity.ZeroOrOne,
        DefaultValueFactory = _ => QcnlFile.DefaultPath,
    };

    public QcnlLintCommand()
        : base(
            "lint", "Say what is wrong with sgx_default_qcnl.conf. Exit code 0 nothing, or advice only; 1 the library will not do what it "
            + "says, or accepts any certificate.",
            new CommandExample("This node's", "casemate collateral qcnl lint"),
            new CommandExample("Another one, for a program", "casemate collateral qcnl lint node/sgx_default_qcnl.conf -o json")) =>
        Add(_file);

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var file = context.Arguments.GetRequiredValue(_file);
        var reading = QcnlFile.Read(Read(file));
        var console = context.Console;
        if (console.Format is OutputFormat.Table)
        {
            foreach (var finding in reading.Findings)
            {
                console.Out.WriteLine(ErrorText.OneLine($"{file}: {finding}"));
            }

            if (reading.Findings.IsEmpty)
            {
                console.Note($"{file}: nothing wrong");
            }
        }
        else
        {
            console.WriteDocument(json =>
            {
                json.WriteString("apiVersion", ApiVersion.V1);
                json.WriteString("file", file);
                json.WriteBoolean("good", !reading.HasErrors);
                json.WriteStartArray("findings");
                foreach (var finding in reading.Findings)
                {
                    json.WriteStartObject();
                    json.WriteNumber("line", finding.Line);
                    json.WriteString("severity", finding.IsError ? "error" : "warning");
                    json.WriteString("key", finding.Key);
                    json.WriteString("message", finding.Message);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            });
        }

        return Task.FromResult(reading.HasErrors ? ExitCode.Refused : ExitCode.Success);
    }

    // One byte more than the reader takes, so that it can tell what is too large.
    private static ReadOnlySpan<byte> Read(string file)
    {
        try
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            var content = new byte[QcnlFile.MaximumBytes + 1];
            return content.AsSpan(0, stream.ReadAtLeast(content, content.Length, throwOnEndOfStream: false));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw CliException.BadInput(
                $"{file}: no such file",
                "Without it Intel's library asks https://localhost:8081/. Make one with casemate collateral qcnl write.",
                exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CliException.BadInput($"{file} cannot be read: {exception.Message}", cause: exception);
        }
    }
}
