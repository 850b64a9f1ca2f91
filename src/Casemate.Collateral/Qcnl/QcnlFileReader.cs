using System.Collections.Immutable;
using System.Text.Json;
using Casemate.Primitives.Text;

namespace Casemate.Collateral.Qcnl;

/// <summary>Goes through the tokens of one file and keeps the line of each key.</summary>
internal ref struct QcnlFileReader
{
    private static readonly string[] Keys =
    [
        "pccs_url", "use_secure_cert", "collateral_service", "pccs_api_version", "tcb_update_type", "retry_times", "retry_delay",
        "local_pck_url", "pck_cache_expire_hours", "verify_collateral_cache_expire_hours", "local_cache_only", "custom_request_options",
    ];

    private readonly ReadOnlySpan<byte> _text;
    private readonly List<QcnlFinding> _findings;
    private Utf8JsonReader _json;
    private int _line = 1;
    private int _counted;

    /// <summary>The line of each key.</summary>
    public Dictionary<string, int> Lines { get; } = [];

    public QcnlFileReader(ReadOnlySpan<byte> text, List<QcnlFinding> findings)
    {
        _text = text;
        _findings = findings;
        _json = new Utf8JsonReader(
            text, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = 16 });
    }

    public QcnlConfiguration? Read()
    {
        _json.Read();
        if (_json.TokenType is not JsonTokenType.StartObject)
        {
            _findings.Add(new(1, true, "", "the file is not a JSON object: begin it with {"));
            return null;
        }

        var result = new QcnlConfiguration();
        while (_json.Read() && _json.TokenType is JsonTokenType.PropertyName)
        {
            var line = Line();
            var key = _json.GetString()!;
            _json.Read();
            if (!Lines.TryAdd(key, line))
            {
                Error(line, Shown(key), "it stands in the file twice; the first one counts");
                Skip();
                continue;
            }

            result = Take(result, key, line);
        }

        _json.Read();                                                       // whatever stands behind the object is an error
        return result;
    }

    private QcnlConfiguration Take(QcnlConfiguration result, string key, int line)
    {
        switch (key)
        {
            case "pccs_url":
                return result with { PccsUrl = Text(key, line) };
            case "use_secure_cert":
                return result with { UseSecureCert = Flag(key, line) };
            case "collateral_service":
                return result with { CollateralService = Text(key, line) };
            case "pccs_api_version":
                return result with { PccsApiVersion = Text(key, line) };
            case "tcb_update_type":
                return result with { TcbUpdateType = Text(key, line) };
            case "retry_times":
                return result with { RetryTimes = Number(key, line) };
            case "retry_delay":
                return result with { RetryDelay = Number(key, line) };
            case "local_pck_url":
                return result with { LocalPckUrl = Text(key, line) };
            case "pck_cache_expire_hours":
                return result with { PckCacheExpireHours = Number(key, line) };
            case "verify_collateral_cache_expire_hours":
                return result with { VerifyCollateralCacheExpireHours = Number(key, line) };
            case "local_cache_only":
                return result with { LocalCacheOnly = Flag(key, line) };
            case "custom_request_options":
                return Custom(result, line);
            default:
                var near = Array.Find(Keys, known => known.Equals(key, StringComparison.OrdinalIgnoreCase)) ?? NearestName.Find(key, Keys);
                Error(line, Shown(key), near is null ? "there is no such key; the library ignores it"
                    : $"there is no such key; did you mean '{near}'?");
                Skip();
                return result;
        }
    }

    private QcnlConfiguration Custom(QcnlConfiguration result, int line)
    {
        const string key = "custom_request_options";
        if (_json.TokenType is not JsonTokenType.StartObject)
        {
            Error(line, key, "it is not an object");
            Skip();
            return result;
        }

        while (_json.Read() && _json.TokenType is JsonTokenType.PropertyName)
        {
            var isGetCert = _json.ValueTextEquals("get_cert");
            _json.Read();
            if (!isGetCert || _json.TokenType is not JsonTokenType.StartObject)
            {
                Error(Line(), key, "it holds an object 'get_cert' and nothing else");
                Skip();
                continue;
            }

            while (_json.Read() && _json.TokenType is JsonTokenType.PropertyName)
            {
                var name = _json.GetString();
                _json.Read();
                if (name is not ("headers" or "params") || _json.TokenType is not JsonTokenType.StartObject)
                {
                    Error(Line(), key, "'get_cert' holds objects 'headers' and 'params' and nothing else");
                    Skip();
                    continue;
                }

                var pairs = Pairs(key);
                result = name is "headers" ? result with { GetCertHeaders = pairs } : result with { GetCertParameters = pairs };
            }
        }

        return result;
    }

    private ImmutableArray<KeyValuePair<string, string>> Pairs(string key)
    {
        var pairs = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        while (_json.Read() && _json.TokenType is JsonTokenType.PropertyName)
        {
            var name = _json.GetString()!;
            _json.Read();
            if (Text(key, Line()) is { } value)
            {
                pairs.Add(new(name, value));
            }
        }

        return pairs.ToImmutable();
    }

    private string? Text(string key, int line)
    {
        if (_json.TokenType is JsonTokenType.String)
        {
            return _json.GetString();
        }

        Error(line, key, "it is not a string: write it in quotation marks");
        Skip();
        return null;
    }

    private bool? Flag(string key, int line)
    {
        if (_json.TokenType is JsonTokenType.True or JsonTokenType.False)
        {
            return _json.GetBoolean();
        }

        Error(line, key, "it is neither true nor false; both are written without quotation marks");
        Skip();
        return null;
    }

    private int? Number(string key, int line)
    {
        if (_json.TokenType is JsonTokenType.Number && _json.TryGetInt32(out var value) && value >= 0)
        {
            return value;
        }

        Error(line, key, "it is not a whole number from 0, without quotation marks");
        Skip();
        return null;
    }

    private void Error(int line, string key, string message)
    {
        if (_findings.Count < QcnlFile.MaximumFindings)
        {
            _findings.Add(new(line, true, key, message));
        }
    }

    private static string Shown(string key) =>
        string.Concat(key.Take(60).Select(c => c is >= ' ' and <= '~' ? c : '.'));

    private void Skip() => _json.Skip();

    private int Line()
    {
        var start = (int)_json.TokenStartIndex;
        _line += _text[_counted..start].Count((byte)'\n');
        _counted = start;
        return _line;
    }
}
