using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Casemate.Kubernetes;

/// <summary>
/// Reads kubeconfig files. Of several, the first that names something wins. Source: client-go, <c>clientcmd/api/v1</c>, "Merging
/// kubeconfig files".
/// </summary>
internal sealed class KubeconfigFile
{
    private const int MaxFiles = 64;

    private readonly Dictionary<(string List, string Name), Entry> _entries = [];
    private string? _currentContext;

    private sealed record Entry(string Path, JsonObject Body)
    {
        public string Where(string list, string name) => $"{Path}, {list} '{name}'";
    }

    /// <exception cref="KubeConfigurationException">A file cannot be used, or the context is not in it.</exception>
    public static KubeConfiguration Load(
        IReadOnlyList<string> paths, bool mustExist, KubeconfigOptions options, KubeEnvironment environment)
    {
        var file = new KubeconfigFile();
        if (paths.Count > MaxFiles)
        {
            throw new KubeConfigurationException($"KUBECONFIG names {paths.Count} files; at most {MaxFiles} are read.");
        }

        var found = 0;
        foreach (var path in paths.Select(Path.GetFullPath))
        {
            if (mustExist || File.Exists(path))
            {
                file.Add(path);
                found++;
            }
        }

        return found > 0
            ? file.Resolve(options, environment)
            : throw new KubeConfigurationException($"None of the files that KUBECONFIG names is there: {string.Join(", ", paths)}.");
    }

    private void Add(string path)
    {
        if (YamlDocument.Parse(ConfigurationFile.ReadText(path), path) is not JsonObject root)
        {
            throw new KubeConfigurationException($"{path} is not a kubeconfig: a mapping with clusters, users and contexts is expected.");
        }

        if (Text(root, "kind", path) is not (null or "" or "Config"))
        {
            throw new KubeConfigurationException($"{path} is not a kubeconfig: its kind is not Config.");
        }

        if (Text(root, "current-context", path) is { Length: > 0 } context)
        {
            _currentContext ??= context;
        }

        foreach (var (list, member) in ((string, string)[])[("clusters", "cluster"), ("users", "user"), ("contexts", "context")])
        {
            AddList(path, root, list, member);
        }
    }

    private void AddList(string path, JsonObject root, string list, string member)
    {
        if (root[list] is null)
        {
            return;
        }

        if (root[list] is not JsonArray items)
        {
            throw new KubeConfigurationException($"{path}: {list} is not a list.");
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in items)
        {
            if (item is not JsonObject named || Text(named, "name", path) is not { Length: > 0 } name)
            {
                throw new KubeConfigurationException($"{path}: each of {list} is a mapping with a name and a {member}.");
            }

            if (!seen.Add(name))
            {
                throw new KubeConfigurationException($"{path}: {list} holds '{name}' twice.");
            }

            // A user without anything is written as "user: {}" or left out.
            var body = named[member] switch
            {
                null => [],
                JsonObject value => value,
                _ => throw new KubeConfigurationException($"{path}, {list} '{name}': {member} is not a mapping."),
            };
            _entries.TryAdd((list, name), new Entry(path, body));
        }
    }

    private KubeConfiguration Resolve(KubeconfigOptions options, KubeEnvironment environment)
    {
        var name = options.Context ?? _currentContext
            ?? throw new KubeConfigurationException("The kubeconfig has no current-context; name a context.");
        var context = Find("contexts", name, "the context");
        var where = context.Where("contexts", name);
        var clusterName = Text(context.Body, "cluster", where) ?? throw new KubeConfigurationException($"{where}: names no cluster.");
        var cluster = Find("clusters", clusterName, where);
        var atCluster = cluster.Where("clusters", clusterName);
        var unverified = Flag(cluster.Body, "insecure-skip-tls-verify", atCluster);
        if (unverified && !options.AllowUnverifiedApiServer)
        {
            throw new KubeConfigurationException(
                $"{atCluster}: insecure-skip-tls-verify is on, so whoever answers would get the credentials. Put the server's authority "
                    + "in certificate-authority-data; or allow it by name (AllowUnverifiedApiServer).");
        }

        if (!Uri.TryCreate(Text(cluster.Body, "server", atCluster), UriKind.Absolute, out var server)
            || server.Scheme is not ("https" or "http") || server.Query.Length > 0 || server.UserInfo.Length > 0)
        {
            throw new KubeConfigurationException($"{atCluster}: server is not an address such as https://HOST:6443.");
        }

        if (Text(cluster.Body, "proxy-url", atCluster) is { Length: > 0 })
        {
            throw new KubeConfigurationException($"{atCluster}: proxy-url is not supported; proxies would see who asks what.");
        }

        var authorities = Data(cluster, "certificate-authority", atCluster) is { } pem
            ? pem.File is { } file
                ? Named(atCluster, "certificate-authority", () => AuthorityBundle.FromFile(file)) : AuthorityBundle.FromPem(pem.Text!, atCluster)
            : null;
        if (unverified && authorities is not null)
        {
            throw new KubeConfigurationException($"{atCluster}: names an authority and skips its check; drop one of the two.");
        }

        return new KubeConfiguration(server, authorities, Credentials(context, where, environment))
        {
            Namespace = Text(context.Body, "namespace", where) is { Length: > 0 } namespaceName ? namespaceName : "default",
            TlsServerName = Text(cluster.Body, "tls-server-name", atCluster) is { Length: > 0 } serverName ? serverName : null,
            AllowUnverifiedApiServer = unverified,
            Origin = $"{context.Path}, context '{name}'",
        };
    }

    private ICredentialSource Credentials(Entry context, string where, KubeEnvironment environment)
    {
        if (Text(context.Body, "user", where) is not { Length: > 0 } name)
        {
            return new FixedCredential(KubeCredential.Anonymous);
        }

        var user = Find("users", name, where);
        var at = user.Where("users", name);
        foreach (var unsupported in (ReadOnlySpan<string>)["username", "password", "auth-provider", "as", "as-uid", "as-groups"])
        {
            if (user.Body[unsupported] is not null)
            {
                throw new KubeConfigurationException(
                    $"{at}: {unsupported} is not supported; use a client certificate, a token, tokenFile or exec.");
            }
        }

        var certificate = Certificate(user, at);
        if (user.Body["exec"] is { } exec)
        {
            return new ExecCredential(ReadCommand(exec, user, at, environment));
        }

        if (Text(user.Body, "tokenFile", at) is { Length: > 0 } tokenFile)
        {
            return new TokenFile(Locate(user, tokenFile), certificate, $"{at}: tokenFile: ");
        }

        var token = Text(user.Body, "token", at) is { Length: > 0 } text ? TokenText.Check(text, at) : null;
        return new FixedCredential(new KubeCredential(token, certificate));
    }

    private static X509Certificate2? Certificate(Entry user, string at)
    {
        var certificate = Data(user, "client-certificate", at);
        var key = Data(user, "client-key", at);
        if (certificate is null && key is null)
        {
            return null;
        }

        return certificate is { } c && key is { } k
            ? ClientCertificate.FromPem(
                Named(at, "client-certificate", () => c.Content), Named(at, "client-key", () => k.Content), at)
            : throw new KubeConfigurationException($"{at}: client-certificate and client-key belong together; one is missing.");
    }

    private static ExecCommand ReadCommand(JsonNode exec, Entry user, string at, KubeEnvironment environment)
    {
        if (exec is not JsonObject body || Text(body, "command", at) is not { Length: > 0 } program)
        {
            throw new KubeConfigurationException($"{at}: exec is a mapping with a command.");
        }

        var version = Text(body, "apiVersion", at);
        if (version is not ("client.authentication.k8s.io/v1" or "client.authentication.k8s.io/v1beta1"))
        {
            throw new KubeConfigurationException($"{at}: exec.apiVersion must be client.authentication.k8s.io/v1 or v1beta1.");
        }

        if (Text(body, "interactiveMode", at) == "Always")
        {
            throw new KubeConfigurationException($"{at}: exec wants to ask a person (interactiveMode: Always), and here is none.");
        }

        var arguments = (body["args"] as JsonArray ?? []).Select(item => Scalar(item, at, "exec.args")).ToList();
        var variables = new List<(string, string)>();
        foreach (var item in body["env"] as JsonArray ?? [])
        {
            if (item is not JsonObject variable || Text(variable, "name", at) is not { Length: > 0 } name || name.Contains('='))
            {
                throw new KubeConfigurationException($"{at}: each of exec.env has a name and a value.");
            }

            variables.Add((name, Text(variable, "value", at) ?? ""));
        }

        // A path with a slash is relative to the file; a bare word is looked for on the search path.
        return new ExecCommand(
            at, version, program.Contains('/') ? Locate(user, program) : OnPath(program, environment), arguments, variables,
            Text(body, "installHint", at)?.ReplaceLineEndings(" ") is { Length: <= 300 } hint ? hint : "");
    }

    // Never from the current directory, which may be anybody's.
    private static string OnPath(string program, KubeEnvironment environment)
    {
        foreach (var directory in (environment.Variable("PATH") ?? "").Split(':'))
        {
            if (Path.IsPathFullyQualified(directory) && File.Exists(Path.Combine(directory, program)))
            {
                return Path.Combine(directory, program);
            }
        }

        return program;
    }

    private Entry Find(string list, string name, string where) => _entries.TryGetValue((list, name), out var entry)
        ? entry
        : throw new KubeConfigurationException($"{where}: there is no '{name}' in {list} of the kubeconfig.");

    // "NAME-data" holds base64 and wins over "NAME", a path.
    private static PemData? Data(Entry entry, string name, string at)
    {
        if (Text(entry.Body, name + "-data", at) is { Length: > 0 } data)
        {
            try
            {
                return new PemData(null, Encoding.UTF8.GetString(Convert.FromBase64String(data)));
            }
            catch (FormatException exception)
            {
                throw new KubeConfigurationException($"{at}: {name}-data is not base64.", exception);
            }
        }

        return Text(entry.Body, name, at) is { Length: > 0 } path ? new PemData(Locate(entry, path), null) : null;
    }

    private sealed record PemData(string? File, string? Text)
    {
        public string Content => Text ?? ConfigurationFile.ReadText(File!);
    }

    // What is wrong with a file that the kubeconfig names is said with the place that names it.
    private static T Named<T>(string at, string name, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (KubeConfigurationException exception)
        {
            throw new KubeConfigurationException($"{at}: {name}: {exception.Message}", exception);
        }
    }

    private static string Locate(Entry entry, string path) => Path.GetFullPath(path, Path.GetDirectoryName(entry.Path)!);

    private static string? Text(JsonObject body, string name, string where) => body[name] is null ? null : Scalar(body[name], where, name);

    private static string Scalar(JsonNode? node, string where, string name) => node is JsonValue value
        ? value.GetValueKind() switch
        {
            JsonValueKind.String => value.GetValue<string>(),
            JsonValueKind.True => "true",
            _ => "false",
        }
        : throw new KubeConfigurationException($"{where}: {name} is not a text.");

    private static bool Flag(JsonObject body, string name, string where) => body[name] switch
    {
        null => false,
        JsonValue value when value.GetValueKind() is JsonValueKind.True => true,
        JsonValue value when value.GetValueKind() is JsonValueKind.False => false,
        _ => throw new KubeConfigurationException($"{where}: {name} is true or false."),
    };
}
