using System.Text.Json.Nodes;
using Casemate.Kubernetes;

namespace Casemate.Testing.Kubernetes;

/// <summary>Judges by the roles and bindings in the store. Source: Kubernetes documentation, "Using RBAC Authorization".</summary>
internal sealed class AccessRules(ObjectStore store)
{
    public bool Allow(TestUser user, string verb, string group, string resource, string? namespaceName, string? name)
    {
        // What every account may do: ask about itself.
        if (resource is "selfsubjectaccessreviews" && verb == "create")
        {
            return true;
        }

        var bindings = store.List(KubeResource.ClusterRoleBindings.PathOf(null), null).Select(one => (Binding: one, Space: ""));
        if (namespaceName is not null)
        {
            bindings = bindings.Concat(
                store.List(KubeResource.RoleBindings.PathOf(null), namespaceName).Select(one => (Binding: one, Space: namespaceName)));
        }

        return bindings.Where(one => Names(one.Binding, user))
            .SelectMany(one => Rules(one.Binding["roleRef"]!, one.Space))
            .Any(rule => Holds(rule, "verbs", verb) && Holds(rule, "apiGroups", group) && HoldsResource(rule, resource)
                && (rule["resourceNames"] is not JsonArray { Count: > 0 } names
                    || (name is not null && names.Any(allowed => allowed!.GetValue<string>() == name))));
    }

    private static bool Names(JsonObject binding, TestUser user) =>
        (binding["subjects"] as JsonArray ?? []).Any(subject => subject!["kind"]!.GetValue<string>() switch
        {
            "ServiceAccount" => user.Name
                == $"system:serviceaccount:{subject["namespace"]?.GetValue<string>()}:{subject["name"]!.GetValue<string>()}",
            "User" => user.Name == subject["name"]!.GetValue<string>(),
            "Group" => user.Groups.Contains(subject["name"]!.GetValue<string>()),
            _ => false,
        });

    private IEnumerable<JsonObject> Rules(JsonNode role, string namespaceName)
    {
        var found = role["kind"]!.GetValue<string>() == "Role"
            ? store.Find(KubeResource.Roles.PathOf(null), namespaceName, role["name"]!.GetValue<string>())
            : store.Find(KubeResource.ClusterRoles.PathOf(null), "", role["name"]!.GetValue<string>());
        return (found?["rules"] as JsonArray ?? []).OfType<JsonObject>();
    }

    private static bool Holds(JsonObject rule, string member, string value) =>
        (rule[member] as JsonArray ?? []).Any(one => one!.GetValue<string>() is var said && (said == "*" || said == value));

    private static bool HoldsResource(JsonObject rule, string resource) =>
        Holds(rule, "resources", resource)
        || (resource.Split('/') is [_, var sub]
            && (rule["resources"] as JsonArray ?? []).Any(one => one!.GetValue<string>() == $"*/{sub}"));
}
