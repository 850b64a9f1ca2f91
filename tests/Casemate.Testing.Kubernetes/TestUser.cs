namespace Casemate.Testing.Kubernetes;

/// <summary>Somebody that a token stands for.</summary>
internal sealed record TestUser(string Name, IReadOnlyList<string> Groups, IReadOnlyList<string> Audiences)
{
    public static TestUser OfServiceAccount(string namespaceName, string name) => new(
        $"system:serviceaccount:{namespaceName}:{name}",
        ["system:serviceaccounts", $"system:serviceaccounts:{namespaceName}", "system:authenticated"],
        ["https://kubernetes.default.svc"]);
}
