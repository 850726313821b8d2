package main

import (
	"net/netip"
	"slices"

	"github.com/google/go-cmp/cmp"
)

func networkProperties() []property {
	return []property{
		{7, "each environment has one VPC of its own addresses", func(w *world, f *faults) {
			var taken []netip.Prefix
			for env, m := range w.environments {
				vpcs := m.all("aws_vpc")
				f.check(len(vpcs) == 1, "%s has %d VPCs", env.Name, len(vpcs))
				for _, vpc := range vpcs {
					prefix, err := netip.ParsePrefix(word(vpc["cidr_block"]))
					f.check(err == nil, "%s: %v", env.Name, err)
					for _, other := range taken {
						f.check(!prefix.Overlaps(other), "%s: %s overlaps %s", env.Name, prefix, other)
					}
					taken = append(taken, prefix)
				}
			}
		}},
		{8, "every tier has subnets in two zones, and each part uses its own tier", func(w *world, f *faults) {
			for env, m := range w.environments {
				zones := map[string][]string{}
				for _, subnet := range m.all("aws_subnet") {
					tier := word(at(subnet, "tags")["Tier"])
					zones[tier] = append(zones[tier], word(subnet["availability_zone"]))
				}
				for _, tier := range []string{"public", "app", "data"} {
					slices.Sort(zones[tier])
					f.check(len(slices.Compact(zones[tier])) >= 2, "%s: tier %s has only the zones %v", env.Name, tier, zones[tier])
				}
				inTier := func(what string, subnets any, tier string) {
					names := targets(subnets)
					f.check(len(names) >= 2, "%s: %s has the subnets %v", env.Name, what, names)
					for _, name := range names {
						got := at(m.one("aws_subnet", name), "tags")["Tier"]
						f.check(got == tier, "%s: %s is in the tier %v", env.Name, what, got)
					}
				}
				for name, service := range m.all("aws_ecs_service") {
					inTier("service "+name, at(service, "network_configuration")["subnets"], "app")
				}
				inTier("the load balancer", m.one("aws_lb", "alb")["subnets"], "public")
				inTier("the database", m.one("aws_db_subnet_group", "database-subnets")["subnet_ids"], "data")
			}
		}},
		{9, "only the load balancer and NAT are public", func(w *world, f *faults) {
			for env, m := range w.environments {
				tiers := tableTiers(m)
				for name, route := range m.all("aws_route") {
					tier := tiers[target(route["route_table_id"])]
					f.check(route["gateway_id"] == nil || tier == "public", "%s: %s leads from the tier %s to the internet", env.Name, name, tier)
					f.check(tier != "data", "%s: %s leads out of the data tier", env.Name, name)
				}
				for name, subnet := range m.all("aws_subnet") {
					f.check(subnet["map_public_ip_on_launch"] == false, "%s: %s gives public addresses", env.Name, name)
				}
				for name, nat := range m.all("aws_nat_gateway") {
					tier := at(m.one("aws_subnet", target(nat["subnet_id"])), "tags")["Tier"]
					f.check(tier == "public", "%s: %s is in the tier %v", env.Name, name, tier)
				}
				for name, service := range m.all("aws_ecs_service") {
					f.check(at(service, "network_configuration")["assign_public_ip"] == false, "%s: %s has public addresses", env.Name, name)
				}
				wantNAT := 1
				if env.NAT == NATPerZone {
					wantNAT = len(env.Zones)
				}
				f.check(len(m.all("aws_nat_gateway")) == wantNAT, "%s has %d NAT gateways, not %d", env.Name, len(m.all("aws_nat_gateway")), wantNAT)
			}
		}},
		{10, "the internet reaches the load balancer alone, and every rule names a port", func(w *world, f *faults) {
			for env, m := range w.environments {
				for name, rule := range m.all("aws_vpc_security_group_ingress_rule") {
					public := rule["cidr_ipv4"] != nil || rule["cidr_ipv6"] != nil
					port := rule["from_port"]
					f.check(!public || target(rule["security_group_id"]) == "group-alb" && (port == 80.0 || port == 443.0),
						"%s: %s lets the internet in", env.Name, name)
				}
				for _, kind := range []string{"aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule"} {
					for name, rule := range m.all(kind) {
						f.check(rule["ip_protocol"] == "tcp" && rule["from_port"] != nil && rule["from_port"] == rule["to_port"],
							"%s: %s opens more than one port", env.Name, name)
					}
				}
				for name, group := range m.all("aws_security_group") {
					f.check(group["ingress"] == nil && group["egress"] == nil, "%s: %s has rules of its own", env.Name, name)
				}
				groups := m.all("aws_default_security_group")
				f.check(len(groups) == 1, "%s: the default group is not ours", env.Name)
				for _, group := range groups {
					f.check(group["ingress"] == nil && group["egress"] == nil, "%s: the default group has rules", env.Name)
				}
			}
		}},
		{13, "port 8000 is open to the load balancer alone", func(w *world, f *faults) {
			for env, m := range w.environments {
				diff := cmp.Diff([]string{"group-alb 8000"}, entrances(m, "group-web"))
				f.check(diff == "", "%s: who reaches web:\n%s", env.Name, diff)
			}
		}},
		{19, "port 3306 is open to auth, notes, audit and migrations alone", func(w *world, f *faults) {
			want := []string{"group-audit 3306", "group-auth 3306", "group-migrate 3306", "group-notes 3306"}
			for env, m := range w.environments {
				diff := cmp.Diff(want, entrances(m, "group-db"))
				f.check(diff == "", "%s: who reaches the database:\n%s", env.Name, diff)
			}
		}},
		{0, "port 9090 is open to whom the contracts name, and nobody else", func(w *world, f *faults) {
			for env, m := range w.environments {
				for _, callee := range []string{"auth", "notes", "audit"} {
					var want []string
					for _, caller := range callers(w.Calls, callee) {
						want = append(want, "group-"+caller+" 9090")
					}
					slices.Sort(want)
					diff := cmp.Diff(want, entrances(m, "group-"+callee))
					f.check(diff == "", "%s: who reaches %s:\n%s", env.Name, callee, diff)
				}
			}
		}},
		{0, "services reach the internet at 443 for AWS, and auth at 587 for mails", func(w *world, f *faults) {
			want := []string{"group-audit 443", "group-auth 443", "group-auth 587", "group-migrate 443", "group-notes 443", "group-web 443"}
			for env, m := range w.environments {
				var got []string
				for _, rule := range m.all("aws_vpc_security_group_egress_rule") {
					if rule["cidr_ipv4"] != nil || rule["cidr_ipv6"] != nil {
						got = append(got, target(rule["security_group_id"])+" "+number(rule["from_port"]))
					}
				}
				slices.Sort(got)
				diff := cmp.Diff(want, got)
				f.check(diff == "", "%s: who reaches the internet:\n%s", env.Name, diff)
			}
		}},
		{0, "whoever is let in somewhere is let out there, and nobody else is", func(w *world, f *faults) {
			for env, m := range w.environments {
				in, out := ends(m, "aws_vpc_security_group_ingress_rule"), ends(m, "aws_vpc_security_group_egress_rule")
				diff := cmp.Diff(in, out)
				f.check(diff == "", "%s: let in (-) and let out (+):\n%s", env.Name, diff)
			}
		}},
	}
}

// tableTiers gives the tier of each route table by its name.
func tableTiers(m module) map[string]string {
	tiers := map[string]string{}
	for _, association := range m.all("aws_route_table_association") {
		tier := word(at(m.one("aws_subnet", target(association["subnet_id"])), "tags")["Tier"])
		tiers[target(association["route_table_id"])] = tier
	}
	return tiers
}

// entrances are who may reach a security group, and at which port.
func entrances(m module, group string) []string {
	var from []string
	for _, rule := range m.all("aws_vpc_security_group_ingress_rule") {
		if target(rule["security_group_id"]) != group {
			continue
		}
		source := target(rule["referenced_security_group_id"])
		if source == "" {
			source = word(rule["cidr_ipv4"])
		}
		from = append(from, source+" "+number(rule["from_port"]))
	}
	slices.Sort(from)
	return from
}

// ends are the rules between two groups, as "from to port".
func ends(m module, kind string) []string {
	var all []string
	for _, rule := range m.all(kind) {
		own, other := target(rule["security_group_id"]), target(rule["referenced_security_group_id"])
		if other == "" {
			continue
		}
		if kind == "aws_vpc_security_group_ingress_rule" {
			own, other = other, own
		}
		all = append(all, own+" "+other+" "+number(rule["from_port"]))
	}
	slices.Sort(all)
	return all
}
