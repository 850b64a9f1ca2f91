using Casemate.Kubernetes;

namespace Casemate.Addon.Manifests;

/// <summary>What every node agent needs, whatever it offers: its namespace, its rights and their bounds.</summary>
internal static class NodeManifests
{
    /// <summary>The node agent's account.</summary>
    public const string Account = AddonOptions.NodeNamespace + "/casemate-node";

    /// <summary>In the order in which they are applied.</summary>
    public static IReadOnlyList<ManifestFile> Base { get; } =
    [
        new("node/00-namespace.yaml", Namespace),
        new("node/10-rbac.yaml", Rights),
        new("node/20-admission-policy.yaml", OwnNodePolicy),
        new("node/30-network-policy.yaml", NetworkPolicy),
    ];

    // Names of CEL: the policy knows those that the agent may publish.
    private static string Families => string.Join(", ", ResourceFamily.All.Select(family => $"'{family.Name}'"));

    private const string Namespace = """
        # The node agent alone lives here. It needs directories of the host, which every Pod Security level but 'privileged' forbids; its
        # containers are not privileged.
        apiVersion: v1
        kind: Namespace
        metadata:
          name: casemate-node
          labels:
            pod-security.kubernetes.io/enforce: privileged
        ---
        apiVersion: v1
        kind: ServiceAccount
        metadata:
          name: casemate-node
          namespace: casemate-node

        """;

    private static string Rights => $"""
        # What the node agent asks the API server for, and nothing else. RBAC cannot say "its own Node": 20-admission-policy.yaml does.
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRole
        metadata:
          name: casemate-node
        rules:
        - apiGroups: [""]
          resources: [nodes]
          verbs: [get, list, watch, patch]
        - apiGroups: [""]
          resources: [nodes/status]
          verbs: [patch]
        - apiGroups: [""]               # those of its own node are asked for, to know what EPC they hold
          resources: [pods]
          verbs: [list, watch]
        ---
        {Rbac.Binding("ClusterRole", "casemate-node", Account)}
        ---
        # Events about Nodes are kept in the namespace 'default'.
        apiVersion: rbac.authorization.k8s.io/v1
        kind: Role
        metadata:
          name: casemate-node-events
          namespace: default
        rules:
        - apiGroups: [events.k8s.io]
          resources: [events]
          verbs: [create, patch]
        ---
        {Rbac.Binding("Role", "casemate-node-events", Account, "default")}

        """;

    private static string OwnNodePolicy => $$"""
        # An agent changes its own Node alone, and of that only what is the agent's: whoever takes over one node cannot open, close or relabel
        # another. Needs Kubernetes 1.30, where a pod's token names its node.
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicy
        metadata:
          name: casemate-node-own-node
        spec:
          failurePolicy: Fail
          matchConstraints:
            resourceRules:
            - apiGroups: [""]
              apiVersions: [v1]
              operations: [CREATE, UPDATE]
              resources: [nodes, nodes/status]
          matchConditions:
          - name: casemate-node
            expression: request.userInfo.username == "system:serviceaccount:casemate-node:casemate-node"
          variables:
          - name: userNode
            expression: >-
              request.userInfo.extra[?'authentication.kubernetes.io/node-name'][0].orValue('')
          - name: labels
            expression: >-
              ['tee', 'sgx.intel.com/capable', 'intel.feature.node.kubernetes.io/sgx']
          - name: amounts
            expression: >-
              [{{Families}}]
          - name: taints
            expression: >-
              [{{Families}},
              'startup-taint.cluster-autoscaler.kubernetes.io/casemate-not-attested']
          - name: conditions
            expression: >-
              ['SgxReady', 'SgxQuoteReady', 'SgxEpcConflict', 'SgxEpcLeak', 'casemate.dev/EPCAdvertised', 'casemate.dev/EPCOvercommitted',
              'casemate.dev/Attested']
          - name: newLabels
            expression: object.metadata.?labels.orValue({})
          - name: oldLabels
            expression: oldObject.metadata.?labels.orValue({})
          - name: newAnnotations
            expression: object.metadata.?annotations.orValue({})
          - name: oldAnnotations
            expression: oldObject.metadata.?annotations.orValue({})
          - name: newTaints
            expression: object.spec.?taints.orValue([])
          - name: oldTaints
            expression: oldObject.spec.?taints.orValue([])
          - name: newCapacity
            expression: object.status.?capacity.orValue({})
          - name: oldCapacity
            expression: oldObject.status.?capacity.orValue({})
          - name: newConditions
            expression: object.status.?conditions.orValue([])
          - name: oldConditions
            expression: oldObject.status.?conditions.orValue([])
          validations:
          - expression: request.operation == 'UPDATE'
            message: the node agent makes no Nodes
          - expression: variables.userNode != ''
            message: the token does not say on which node its pod runs
          - expression: variables.userNode == request.name
            messageExpression: >-
              'the agent of node ' + variables.userNode + ' may not change node ' + request.name
          - expression: >-
              variables.newLabels.all(key, key.startsWith('casemate.dev/') || key in variables.labels
              || (key in variables.oldLabels && variables.oldLabels[key] == variables.newLabels[key]))
            message: the node agent may not set this label
          - expression: >-
              variables.oldLabels.all(key, key.startsWith('casemate.dev/') || key in variables.labels || key in variables.newLabels)
            message: the node agent may not remove this label
          - expression: >-
              variables.newAnnotations.all(key, key.startsWith('casemate.dev/')
              || (key in variables.oldAnnotations && variables.oldAnnotations[key] == variables.newAnnotations[key]))
            message: the node agent may not set this annotation
          - expression: >-
              variables.oldAnnotations.all(key, key.startsWith('casemate.dev/') || key in variables.newAnnotations)
            message: the node agent may not remove this annotation
          - expression: >-
              object.metadata.?finalizers.orValue([]) == oldObject.metadata.?finalizers.orValue([])
              && object.metadata.?ownerReferences.orValue([]) == oldObject.metadata.?ownerReferences.orValue([])
            message: the node agent may not change finalizers and owners
          - expression: >-
              variables.newTaints.all(taint, taint.key in variables.taints || variables.oldTaints.exists(old, old == taint))
            message: the node agent may not set this taint
          - expression: >-
              variables.oldTaints.all(old, old.key in variables.taints || variables.newTaints.exists(taint, taint == old))
            message: the node agent may not remove this taint
          - expression: >-
              object.spec.?unschedulable.orValue(false) == oldObject.spec.?unschedulable.orValue(false)
              && object.spec.?podCIDR.orValue('') == oldObject.spec.?podCIDR.orValue('')
              && object.spec.?podCIDRs.orValue([]) == oldObject.spec.?podCIDRs.orValue([])
              && object.spec.?providerID.orValue('') == oldObject.spec.?providerID.orValue('')
            message: the node agent may change nothing but taints in the specification
          - expression: >-
              variables.newCapacity.all(name, name in variables.amounts
              || (name in variables.oldCapacity && variables.oldCapacity[name] == variables.newCapacity[name]))
            message: the node agent may not set this amount
          - expression: >-
              variables.oldCapacity.all(name, name in variables.amounts || name in variables.newCapacity)
            message: the node agent may not remove this amount
          - expression: >-
              object.status.?allocatable.orValue({}) == oldObject.status.?allocatable.orValue({})
            message: what is allocatable is the kubelet's to say
          - expression: >-
              variables.newConditions.all(one, one.type in variables.conditions || variables.oldConditions.exists(old, old == one))
            message: the node agent may not set this condition
          - expression: >-
              variables.oldConditions.all(old, old.type in variables.conditions || variables.newConditions.exists(one, one == old))
            message: the node agent may not remove this condition
          - expression: >-
              object.status.?addresses.orValue([]) == oldObject.status.?addresses.orValue([])
              && object.status.?nodeInfo == oldObject.status.?nodeInfo
              && object.status.?daemonEndpoints == oldObject.status.?daemonEndpoints
            message: the node agent may not change addresses and identity of the node
          - expression: >-
              object.status.?volumesInUse.orValue([]) == oldObject.status.?volumesInUse.orValue([])
              && object.status.?volumesAttached.orValue([]) == oldObject.status.?volumesAttached.orValue([])
              && object.status.?images.orValue([]) == oldObject.status.?images.orValue([])
              && object.status.?phase.orValue('') == oldObject.status.?phase.orValue('')
            message: volumes and images are the kubelet's and the controllers' to say
          - expression: >-
              object.status.?config == oldObject.status.?config
              && object.status.?runtimeHandlers.orValue([]) == oldObject.status.?runtimeHandlers.orValue([])
              && object.status.?features == oldObject.status.?features
              && object.status.?declaredFeatures.orValue([]) == oldObject.status.?declaredFeatures.orValue([])
            message: what the node can do is the kubelet's to say
        ---
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicyBinding
        metadata:
          name: casemate-node-own-node
        spec:
          policyName: casemate-node-own-node
          validationActions: [Deny]

        """;

    private const string NetworkPolicy = """
        # Nobody but the kubelet's probes, which policies do not stop, reaches the agent; collectors of metrics in namespaces with this label do.
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata:
          name: casemate-node
          namespace: casemate-node
        spec:
          podSelector: {}
          policyTypes: [Ingress]
          ingress:
          - from:
            - namespaceSelector:
                matchLabels:
                  casemate.dev/collects-metrics: "true"
            ports:
            - port: 9465

        """;
}
