namespace Casemate.Addon.Manifests;

/// <summary>Bindings of roles, of which each says the same three names again.</summary>
internal static class Rbac
{
    /// <summary>Binds a role to an account.</summary>
    /// <param name="kind">The role's kind: <c>ClusterRole</c> or <c>Role</c>; the binding's follows from it.</param>
    /// <param name="name">The name of the role and of its binding.</param>
    /// <param name="account">The account, as <c>NAMESPACE/NAME</c>.</param>
    /// <param name="ownNamespace">Where role and binding are; null for those of the cluster.</param>
    public static string Binding(string kind, string name, string account, string? ownNamespace = null)
    {
        var slash = account.IndexOf('/', StringComparison.Ordinal);
        return $"""
            apiVersion: rbac.authorization.k8s.io/v1
            kind: {kind}Binding
            metadata:
              name: {name}
            {Yaml.Block(2, ownNamespace is null ? [] : [$"namespace: {ownNamespace}"])}roleRef:
              apiGroup: rbac.authorization.k8s.io
              kind: {kind}
              name: {name}
            subjects:
            - kind: ServiceAccount
              name: {account[(slash + 1)..]}
              namespace: {account[..slash]}
            """;
    }
}
