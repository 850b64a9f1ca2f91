using System.CommandLine;
using Casemate.Cli.Commands;
using Casemate.Oci;
using Casemate.Oci.Registry;

namespace Casemate.Cli.Image;

/// <summary>How commands reach registries: options for credentials, certificate authorities and plain HTTP, and the client made of
/// them.</summary>
internal sealed class RegistryAccess
{
    private readonly Option<string?> _authFile = new("--authfile")
    {
        Description = "The file with credentials (docker's config.json, podman's auth.json). Default: REGISTRY_AUTH_FILE, or those of "
            + "podman and docker.",
        HelpName = "FILE",
    };

    private readonly Option<string[]> _plainHttp = new("--plain-http")
    {
        Description = "A registry that is spoken to without TLS, as the reference names it. Whoever is on the way reads passwords. "
            + "Repeatable.",
        HelpName = "HOST[:PORT]",
    };

    private readonly Option<string?> _authorities = new("--ca")
    {
        Description = "The certificate authorities (PEM) that may vouch for registries, in place of the system's.",
        HelpName = "FILE",
    };

    /// <summary>The options, to be added to a command.</summary>
    public IReadOnlyList<Option> All => [_authFile, _plainHttp, _authorities];

    /// <summary>Makes the client. Nothing is read of credentials before a registry asks for one.</summary>
    public RegistryClient Open(CommandContext context)
    {
        var authorities = context.Arguments.GetValue(_authorities);
        return new RegistryClient(new RegistryOptions
        {
            Credentials = new DockerCredentials(context.Invocation.Environment, context.Arguments.GetValue(_authFile),
                context.Invocation.Time),
            AllowPlainHttp = Hosts(context.Arguments.GetValue(_plainHttp) ?? []),
            Authorities = authorities is null ? null : RegistryTransport.ReadAuthorities(authorities),
            Time = context.Invocation.Time,
        });
    }

    private static HashSet<string> Hosts(string[] named)
    {
        foreach (var host in named)
        {
            if (!ImageReference.TryParse($"{host}/x", out var reference, out _) || reference.Registry != host)
            {
                throw CliException.Usage($"--plain-http '{host}' is not a registry", "Write it as in references, such as localhost:5000.");
            }
        }

        return [.. named];
    }
}
