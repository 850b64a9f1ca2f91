using System.Collections.Immutable;
using System.Globalization;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Cli.Serve;
using Casemate.Quoting.Aesm;
using Casemate.Quoting.Service;
using Casemate.Quoting.Service.Audit;
using Casemate.Quoting.Service.Peers;
using Casemate.Serve.Quoting;
using Microsoft.Extensions.Logging;

namespace Casemate.Cli.Quotes;

/// <summary>Reads the settings of <c>casemate quote-helper</c>.</summary>
internal static class QuoteHelperArguments
{
    /// <summary>The options that say where the audit log lies.</summary>
    public const string AuditPlace = "--audit or --state-dir";

    private const string VsockPrefix = "vsock:";
    private const string DefaultAesmdConf = "/etc/aesmd.conf";

    /// <summary>Reads them all.</summary>
    /// <exception cref="CliException">A value makes no sense (exit code 2), or a file cannot be read (3).</exception>
    public static QuoteHelperOptions Read(
        CommandContext context, NodeProviders providers, HelperCollateral collateral, ILoggerFactory loggers)
    {
        var named = QuoteHelperSettings.Socket.Values(context);
        ImmutableArray<string> sockets = [.. (named.Count > 0 ? named : [QuoteHelperSettings.Socket.Default!]).Select(Path.GetFullPath)];
        var (qgsPath, qgsPort) = ReadQgs(context);
        ReadAesmdConf(context, loggers);
        var time = context.Invocation.Time;
        return new QuoteHelperOptions
        {
            Provider = providers.Enclaves,
            TdProvider = providers.Tds,
            Sources = providers.Sources,
            Collateral = collateral.Source ?? providers.Collateral,
            Sockets = sockets,
            Allocations = QuoteHelperSettings.Allocations.Given(context) is { } allocations ? Path.GetFullPath(allocations) : null,
            Abstract = QuoteHelperSettings.Abstract.IsOn(context),
            QgsPath = qgsPath,
            QgsVsockPort = qgsPort,
            EvidenceSocket = PathOrOff(
                QuoteHelperSettings.Evidence.Given(context), Path.Combine(Path.GetDirectoryName(sockets[0])!, "evidence.socket")),
            Health = ReadHealth(context),
            AuditPath = ReadAuditPath(context),
            Audit = new QuoteAuditLogOptions { Flush = ReadFlush(context) },
            Service = ReadLimits(context),
            Aesm = ReadConnections(context),
            Peers = new ControlGroupPeerResolver(new PodLogDirectory(QuoteHelperSettings.PodLogs.Text(context)!, time)),
        };
    }

    private static QuoteServiceOptions ReadLimits(CommandContext context) => new()
    {
        RequestsPerSecond = Number(QuoteHelperSettings.RequestsPerSecond, context, 1_000_000),
        QuotesPerMinute = Number(QuoteHelperSettings.QuotesPerMinute, context, 1_000_000),
        MaximumQueuedPerPod = Number(QuoteHelperSettings.QueuedPerPod, context, 65536)!.Value,
        MaximumQueued = Number(QuoteHelperSettings.Queued, context, 65536)!.Value,
        RequireAudit = !QuoteHelperSettings.AllowUnrecorded.IsOn(context),
        AllowList = QuoteHelperSettings.AllowNamespace.Values(context) is { Count: > 0 } namespaces
            ? new PodAllowList { Namespaces = [.. namespaces] } : null,
    };

    // One pod's processes all count under user and process limits, so that both grow with the total.
    private static AesmServerOptions ReadConnections(CommandContext context)
    {
        var defaults = new AesmServerOptions();
        var total = Number(QuoteHelperSettings.Connections, context, 65536)!.Value;
        return defaults with
        {
            MaximumConnections = total,
            MaximumConnectionsPerUser = Math.Max(1, total / 2),
            MaximumConnectionsPerProcess = Math.Max(1, total / 8),
        };
    }

    private static int? Number(Setting setting, CommandContext context, int most) => setting.Text(context) switch
    {
        null => null,
        var text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most
            => number,
        var text => throw CliException.Usage($"{setting.Flag}: '{text}' is not a number from 1 to {most}"),
    };

    private static string? PathOrOff(string? given, string usual) => given switch
    {
        QuoteHelperSettings.Off => null,
        null => usual,
        _ => Path.GetFullPath(given),
    };

    private static string? ReadHealth(CommandContext context) => QuoteHelperSettings.Http.Text(context) switch
    {
        QuoteHelperSettings.Off => null,
        var text => text,
    };

    private static (string? Path, uint? Port) ReadQgs(CommandContext context)
    {
        string? path = null;
        uint? port = null;
        foreach (var value in QuoteHelperSettings.Qgs.Values(context))
        {
            if (!value.StartsWith(VsockPrefix, StringComparison.Ordinal))
            {
                path = path is null ? Path.GetFullPath(value) : throw Twice(value);
            }
            else if (port is not null)
            {
                throw Twice(value);
            }
            else
            {
                port = uint.TryParse(value.AsSpan(VsockPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                    ? number
                    : throw CliException.Usage($"--qgs: '{value}' is not vsock:PORT", "Intel's port is vsock:4050.");
            }
        }

        return (path, port);
    }

    private static CliException Twice(string value) =>
        CliException.Usage($"--qgs: '{value}' is one too many", "Name at most one path and one vsock port.");

    private static string? ReadAuditPath(CommandContext context)
    {
        var given = QuoteHelperSettings.Audit.Given(context);
        if (given == QuoteHelperSettings.Off)
        {
            return null;
        }

        var path = given is not null
            ? Path.GetFullPath(given)
            : Path.Combine(
                SimulatedNode.DirectoryOf(QuoteHelperSettings.StateDirectory.Given(context), context), "quote-helper", "quotes.jsonl");
        try
        {
            MakePrivate(Path.GetDirectoryName(path)!);
            return path;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw OutputFile.Refused(AuditPlace, Path.GetDirectoryName(path)!, exception);
        }
    }

    private static void MakePrivate(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(directory);
        }
        else
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static AuditFlush ReadFlush(CommandContext context) => QuoteHelperSettings.AuditFlush.Text(context) switch
    {
        "each" => AuditFlush.EachRecord,
        "interval" => AuditFlush.Interval,
        "never" => AuditFlush.Never,
        var other => throw CliException.Usage($"--audit-flush: '{other}' is not each, interval or never"),
    };

    private static void ReadAesmdConf(CommandContext context, ILoggerFactory loggers)
    {
        var given = QuoteHelperSettings.AesmdConf.Given(context);
        var path = given ?? (File.Exists(DefaultAesmdConf) ? DefaultAesmdConf : null);
        if (path is null)
        {
            return;
        }

        byte[] content;
        try
        {
            using var file = File.OpenRead(path);
            content = new byte[Math.Min(file.Length, AesmdConfiguration.MaximumSize + 1)];
            file.ReadExactly(content);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CliException.BadInput($"--aesmd-conf: '{path}' cannot be read: {exception.Message}", cause: exception);
        }

        QuoteHelper.Warn(loggers, path, AesmdConfiguration.Read(content).Warnings);
    }
}
