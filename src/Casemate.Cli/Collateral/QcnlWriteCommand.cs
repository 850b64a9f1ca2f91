using System.CommandLine;
using System.Text;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Collateral.Qcnl;

namespace Casemate.Cli.Collateral;

/// <summary><c>casemate collateral qcnl write</c>.</summary>
internal sealed class QcnlWriteCommand : CliCommand
{
    private const string AzureMetadata = "http://169.254.169.254/metadata/THIM/sgx/certification/v4/";

    private readonly Argument<string> _url = new("URL")
    {
        Description = "The certification base of the collateral service: https://HOST:8081/sgx/certification/v4/.",
    };

    private readonly Option<string> _out = new("--out")
    {
        Description = "File to write, replaced as a whole. Default: standard output.",
        HelpName = "FILE",
    };

    private readonly Option<string> _update = new("--tcb-update")
    {
        Description = "Which TCB info and identities to verify with. Default: standard.",
        HelpName = "standard|early",
    };

    private readonly Option<int?> _retries = new("--retries")
    {
        Description = "How often the library asks again when the service is away, with 1 s, 2 s, 4 s … in between. Default: 6.",
        HelpName = "N",
    };

    private readonly Option<int?> _cacheHours = new("--cache-hours")
    {
        Description = "How long the library keeps PCK certificates and collateral in files of its own. Default: 0, not at all.",
        HelpName = "N",
    };

    private readonly Option<bool> _azure = new("--azure")
    {
        Description = "For an Azure virtual machine: PCK certificates from its own metadata service, everything else from URL.",
    };

    private readonly Option<bool> _acceptAnyCertificate = new("--accept-any-certificate")
    {
        Description = "Let the library accept any TLS certificate of the service. Whoever is in between learns which machines ask: for "
            + "tests.",
    };

    public QcnlWriteCommand()
        : base(
            "write", "Write sgx_default_qcnl.conf.",
            new CommandExample(
                "Into its place",
                "casemate collateral qcnl write https://pccs.example:8081/sgx/certification/v4/ --out /etc/sgx_default_qcnl.conf"))
    {
        Add(_url);
        foreach (var option in (Option[])[_out, _update, _retries, _cacheHours, _azure, _acceptAnyCertificate])
        {
            Add(option);
        }
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var arguments = context.Arguments;
        var cacheHours = arguments.GetValue(_cacheHours) is > 0 and var hours ? hours : (int?)null;
        var azure = arguments.GetValue(_azure);
        var content = new QcnlConfiguration
        {
            PccsUrl = arguments.GetRequiredValue(_url),
            UseSecureCert = !arguments.GetValue(_acceptAnyCertificate),
            PccsApiVersion = "3.1",
            TcbUpdateType = arguments.GetValue(_update),
            RetryTimes = arguments.GetValue(_retries) ?? 6,
            LocalPckUrl = azure ? AzureMetadata : null,
            GetCertHeaders = azure ? [new("metadata", "true")] : [],
            GetCertParameters = azure ? [new("api-version", "2021-07-22-preview")] : [],
            PckCacheExpireHours = azure ? null : cacheHours,                // the library ignores it beside local_pck_url
            VerifyCollateralCacheExpireHours = cacheHours,
        }.Write();

        // Its reader judges what was asked for, as it judges what others wrote. One thing may be given up, and only by name.
        var reading = QcnlFile.Read(content);
        var accepted = arguments.GetValue(_acceptAnyCertificate) ? "use_secure_cert" : "";
        if (reading.Findings.FirstOrDefault(finding => finding.IsError && finding.Key != accepted) is { } error)
        {
            throw CliException.Usage(ErrorText.OneLine($"{error.Key}: {error.Message}"));
        }

        RequireCurrentVersion(arguments.GetRequiredValue(_url));
        foreach (var finding in reading.Findings)
        {
            context.Console.Warn(ErrorText.OneLine($"{finding.Key}: {finding.Message}"));
        }

        if (arguments.GetValue(_out) is not { } file)
        {
            context.Console.Out.Write(Encoding.UTF8.GetString(content));
            return Task.FromResult(ExitCode.Success);
        }

        // The library runs as whoever makes quotes.
        OutputFile.Write("--out", file, content, OutputFile.Readable);
        context.Console.Note($"{file} written");
        return Task.FromResult(ExitCode.Success);
    }

    // An old file may go on as it is, which lint only advises against; nobody needs a new one for an interface at its end.
    private static void RequireCurrentVersion(string url)
    {
        const string old = "/sgx/certification/v3", current = "/sgx/certification/v4/";
        if (url.TrimEnd('/').EndsWith(old, StringComparison.Ordinal))
        {
            throw CliException.Usage(
                $"pccs_url: '{url}' is version 3 of the interface, which Intel's service does not speak any more",
                $"Write {url.TrimEnd('/')[..^old.Length]}{current} in its place.");
        }
    }
}
